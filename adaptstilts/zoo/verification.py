"""Whether a zoo is whole: every adapter's bytes, what its files say against the index, and what lies there beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adaptstilts import ids
from adaptstilts.bounds import read_json
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.locks import HOLDER
from adaptstilts.zoo.index import NAME, Entry, read_index
from adaptstilts.zoo.zoo import CARDS, CONFIG, LOCK, WEIGHTS, Zoo


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it should be: `damaged` (an adapter cannot be used) or `leftover` (something lies about)."""

    level: Literal["damaged", "leftover"]
    name: str
    where: str
    what: str
    do: str


def verify(zoo: Zoo) -> list[Flaw]:
    """Everything that is wrong with a zoo; empty for a whole one. Raises OSError only where its folder cannot be read."""
    with zoo.still():
        return _all(zoo)


def _all(zoo: Zoo) -> list[Flaw]:
    try:
        entries = read_index(zoo.root).adapters
    except EnvironmentProblem as error:
        return [Flaw("damaged", NAME, error.where, error.what, error.do)]
    found = [finding for entry in entries for finding in _of_entry(entry, zoo.root / "files" / entry.digest)]
    return [*found, *_beside(zoo)]


def _of_entry(entry: Entry, folder: Path) -> Iterator[Flaw]:
    do = f"Bring the folder back from where it came ({entry.origin}), or take the entry out with `adaptstilts zoo rm {entry.name}`."

    def damaged(what: str, where: Path = folder) -> Flaw:
        return Flaw("damaged", entry.name, str(where), what, do)

    if not folder.is_dir():
        yield damaged("the files of this adapter are missing")
        return
    files = sorted(folder.iterdir())
    missing = [name for name in (WEIGHTS, CONFIG) if folder / name not in files]
    if missing:
        yield damaged(f"{', '.join(missing)} is missing")
    nested = [path.name for path in files if not path.is_file()]
    if nested:
        yield damaged(f"not a plain file: {', '.join(nested)}")
        return
    digest = ids.files_digest(files)
    if digest != entry.digest:
        yield damaged(f"the files have the digest {digest}: one was changed, added or lost")
    for path in files:
        if path.suffix == ".safetensors" and (problem := _header(path)):
            yield damaged(f"its header does not read ({problem})", path)
    if folder / CONFIG in files:
        yield from (damaged(what, folder / CONFIG) for what in _against(entry, folder / CONFIG))


def _header(path: Path) -> str:
    """Why a safetensors file does not open, by the library's own check of header, offsets and length; empty if it does."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stream:
            return "" if list(stream.keys()) else "it holds no tensors"
    except (SafetensorError, OSError) as error:
        return str(error)


def _against(entry: Entry, path: Path) -> Iterator[str]:
    """What an adapter's own configuration says otherwise than the index."""
    try:
        found = read_json(path)
        config = found["config"]
    except (ValueError, KeyError, TypeError) as error:
        yield f"it does not read ({error!r})"
        return
    if entry.config and entry.config != config:
        names = sorted(set(entry.config) | set(config))
        other = [name for name in names if entry.config.get(name) != config.get(name)]
        yield f"the index says otherwise of {', '.join(other)}"


def _beside(zoo: Zoo) -> Iterator[Flaw]:
    do = "The next `zoo add` or `zoo rm` clears it away; nothing needs it."
    known = {"index.json", "index.schema.json", "README.md", "files", CARDS, LOCK, f"{LOCK}{HOLDER}"}
    left = zoo.leftovers()
    for path in left:
        yield Flaw("leftover", path.name, str(path), "no entry names it: a process was stopped here", do)
    held = zoo.root / "files"
    used = {entry.digest for entry in zoo}
    strange = [path for path in sorted(zoo.root.glob("*")) if path.name not in known]
    strange += [path for path in sorted(held.glob("*")) if path.name not in used]
    for path in strange:
        if path not in left and not path.name.startswith(".arriving-"):
            yield Flaw("leftover", path.name, str(path), "this is no part of a zoo", "Remove it, or keep it elsewhere.")
