"""How the steps of a store stand, and why one stands as it does: what it is, what it waits for, what it nearly is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import CorruptArtefact
from adaptstilts.ids import SHORTEST, key_named
from adaptstilts.store.manifest import read_manifest, sweeps_in
from adaptstilts.store.store import ERROR, LOG, State, Store, last_line

if TYPE_CHECKING:
    from adaptstilts.store.records.manifest import SweepManifest

LOOKED_INTO = 50
"""How many steps of equally few differences are looked into, with all that they build on."""

OTHERS = "(no sweep)"
RECENT = 10
"""How many failures are told."""


@dataclass(frozen=True)
class Failure:
    """A step that failed, and the last line of its error."""

    key: str
    title: str
    error: str


@dataclass(frozen=True)
class Standing:
    """How many steps of a sweep (or of none) are done, running, failed and waiting, by kind, and the last failures."""

    name: str
    steps: int
    counts: dict[str, dict[str, int]]
    failures: tuple[Failure, ...]

    def count(self, state: State) -> int:
        """Over all kinds."""
        return sum(found.get(state, 0) for found in self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return asdict(self)


@dataclass(frozen=True)
class Reason:
    """Everything about one step.

    `upstream` are the states of what it needs; `differs` says, by dotted field, this step's value and that of the `nearest`
    other step; `cells` are its places in sweeps, `logs` the files that tell of its run.
    """

    key: str
    kind: str
    title: str
    state: State
    bare: bool
    spec: dict[str, Any]
    upstream: dict[str, str]
    cells: tuple[str, ...]
    nearest: str
    differs: dict[str, tuple[Any, Any]]
    error: str
    logs: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return asdict(self)


def standings(store: Store, problems: list[str]) -> list[Standing]:
    """Every sweep of the store and, last, the steps that belong to none by their config.

    Manifests that do not read are told in `problems`.
    """
    found, seen = list[Standing](), set[str]()
    for name, manifest in _manifests(store, problems).items():
        keys = keys_of(manifest, store)
        found.append(_standing(name, keys, store))
        seen |= keys.keys()
    rest: dict[str, dict[str, str]] = {}
    for key in store.known():
        if key not in seen:
            outline = store.outline(key)
            name = f"(config {outline.config})" if outline and outline.config else OTHERS
            rest.setdefault(name, {})[key] = outline.kind if outline else ""
    return [*found, *(_standing(name, keys, store) for name, keys in sorted(rest.items()))]


def keys_of(manifest: SweepManifest, store: Store) -> dict[str, str]:
    """Key -> kind of every step of a sweep: those of its cells, and what these build on as far as it was ever planned."""
    kinds = {cell.transfer: "transfer" for cell in manifest.cells}
    kinds |= {key: "score" for cell in manifest.cells for key in cell.scores}
    found = store.lineage(kinds)
    return {key: kinds.get(key) or (outline.kind if outline else "adapter") for key, outline in found.items()}


def why(store: Store, name: str) -> Reason:
    """What is known of the step whose key begins with `name`; raises as `key_named`."""
    manifests = _manifests(store, [])
    key = _named(store, name, manifests)
    outline, cells = store.outline(key), _cells(key, manifests)
    spec = outline.spec if outline else {}
    folder = store.folder(key)
    logs = [path for path in folder.glob("*") if path.suffix in (".log", ".out", ".err") or path.name == LOG]
    nearest, differs = _nearest(store, key, spec) if spec else ("", {})
    return Reason(
        key=key,
        kind=outline.kind if outline else "score" if cells else "",
        title=_title(store, key) or "planned, and not yet described",
        state=store.state(key),
        bare=store.bare(key),
        spec=spec,
        upstream={need: store.state(need) for need in (outline.upstream if outline else ())},
        cells=cells,
        nearest=nearest,
        differs=differs,
        error=store.error(key) or _damage(store, key),
        logs=tuple(map(str, sorted(logs))),
    )


def _damage(store: Store, key: str) -> str:
    """What is wrong with the record of a finished step; empty where it reads back."""
    try:
        if store.done(key):
            store.record(key)
    except CorruptArtefact as error:
        return str(error)
    return ""


def _standing(name: str, keys: Mapping[str, str], store: Store) -> Standing:
    states = {key: store.state(key) for key in keys}
    counts: dict[str, Counter[str]] = {}
    for key, state in states.items():
        counts.setdefault(keys[key] or "unknown", Counter())[state] += 1
    failed = [key for key, state in states.items() if state == "failed"]
    recent = sorted(failed, key=lambda key: -(store.folder(key) / ERROR).stat().st_mtime)[:RECENT]
    failures = tuple(Failure(key, _title(store, key), last_line(store.error(key) or "")) for key in recent)
    kinds: tuple[str, ...] = ("adapter", "transfer", "score", "unknown")
    ordered = {kind: dict(counts[kind]) for kind in kinds if kind in counts}
    return Standing(name, len(keys), ordered, failures)


def _title(store: Store, key: str) -> str:
    """What the step is; a score's with the transfer that it is of."""
    outline = store.outline(key)
    if outline is None:
        return ""
    of = store.outline(str(outline.spec.get("transfer", "")))
    return f"{outline.title} of {of.title}" if of and of.title else outline.title


def _manifests(store: Store, problems: list[str]) -> dict[str, SweepManifest]:
    """Those that read; the others are told in `problems`."""
    found = {}
    for name in sweeps_in(store):
        try:
            found[name] = read_manifest(store, name)
        except CorruptArtefact as error:
            problems.append(str(error))
    return found


def _named(store: Store, name: str, manifests: Mapping[str, SweepManifest]) -> str:
    known = set(store.known())
    for manifest in manifests.values():
        known |= {key for cell in manifest.cells for key in (cell.transfer, *cell.scores)}
    do = f"Name {SHORTEST} or more letters of a key; `adaptstilts status` and `adaptstilts list runs` tell some."
    return key_named(name, known, "step", where=str(store.root), do=do)


def _cells(key: str, manifests: Mapping[str, SweepManifest]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {cell.role} {cell.composition} k={cell.k} ordering {cell.ordering} → {cell.target}"
        for name, manifest in manifests.items()
        for cell in manifest.cells
        if key == cell.transfer or key in cell.scores
    )


def _nearest(store: Store, key: str, spec: Mapping[str, Any]) -> tuple[str, dict[str, tuple[Any, Any]]]:
    """The step of the same kind whose spec differs in the fewest fields, and those; upstream steps are looked into."""
    mine, shallow = dict(_leaves(spec)), dict[str, int]()
    for other in store.known():
        found = store.outline(other)
        if found and other != key and found.kind == spec.get("step"):
            shallow[other] = len(_differences(mine, dict(_leaves(found.spec))))
    like = [other for other, count in shallow.items() if count == min(shallow.values())][:LOOKED_INTO]
    deep = dict(_leaves(_opened(spec, store)))
    differs = {o: _differences(deep, dict(_leaves(_opened(o, store)))) for o in like}
    best = min(like, key=lambda other: len(differs[other]), default="")
    return best, differs.get(best, {})


def _opened(value: Any, store: Store) -> Any:
    """A spec with the specs of upstream steps in place of their keys, as far as the store knows them."""
    if isinstance(value, dict):
        return {name: _opened(item, store) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, store) for item in value]
    found = store.outline(value) if isinstance(value, str) and len(value) == 16 else None
    return _opened(found.spec, store) if found else value


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is neither a mapping nor a list, by its dotted path."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
        return
    for name, item in items:
        yield from _leaves(item, f"{path}.{name}" if path else str(name))


def _differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Paths whose values are not equal, None where one has no such path."""
    paths = dict.fromkeys((*mine, *theirs))
    return {path: (mine.get(path), theirs.get(path)) for path in paths if mine.get(path) != theirs.get(path)}
