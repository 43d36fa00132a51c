"""How far ids, clean scores and costs move with how text is read: by SentencePiece's rules, or by the fast tokenizer as published.

python benchmarks/readings.py --data DIR            DIR holds XNLI, XCOPA and XTREME's Tatoeba in the Hub's layout
python benchmarks/readings.py --data DIR --ids      of every target there, how many rows get other ids; no model is run

`before` reads as commit 9a58685 did: by the fast tokenizer as published, the attacked texts composed (NFC), as ten attacks left them;
`now` reads by SentencePiece's rules and leaves what an attack does not edit as it was. Rows are taken as published and
decomposed (NFD). The encoder is `e5-small`: Tatoeba trains nothing (config `small`), XNLI and XCOPA are read by the shipped adapters
`small-mnli` and `small-csqa` with their own heads. The attack is `swap` at severity 0.1.
"""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.model_input import told_apart
from adaptstilts.attacks.text.inventory import inventory_of_rows, words_of_rows
from adaptstilts.config.load import load_config
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import load
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind, Limits
from adaptstilts.models.door.tokenizer import tokenizer_at_hand
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.rows import Row, SpanRow
from adaptstilts.settings import AdapterSettings, BackboneSettings
from adaptstilts.tasks import TASKS, Task
from adaptstilts.zoo.zoo import shipped_zoo

TARGETS = ("xnli", "pawsx", "xcopa", "udpos", "panx", "xquad", "mlqa", "tydiqa", "tatoeba")
FORMS: dict[str, Callable[[str], str]] = {"as published": str, "NFD": lambda text: unicodedata.normalize("NFD", text)}
LIMITS = Limits(128, 32)
NAMED = 6
"""So many rows of a language are named by their ids."""
ADAPTERS = {"xnli": "small-mnli", "xcopa": "small-csqa"}
"""Shipped ones whose own heads read a target; retrieval needs none."""
NAMES = ("id", "language", "source", "key", "answers")


@dataclass(frozen=True)
class Model:
    """An encoder with the head that reads a task."""

    task: Task
    kind: Kind
    assembly: Any

    def outputs(self, encodings: Sequence[Any]) -> list[Any]:
        from adaptstilts.training.prediction import predict

        return predict(self.assembly, encodings)


def model(name: str, facts: ConfigFacts, backbone: Any) -> Model:
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.heads import load_head

    task = facts.task(name)
    kind = kind_of(task.kind)
    trained = {e.name: shipped_zoo().files(e.digest) for e in shipped_zoo() if e.name == ADAPTERS.get(name)}
    assembly = assemble(
        backbone, block=ADAPTERS.get(name), adapters=trained, trains=(), shape=AdapterSettings("seq_bn", 16),
        head=kind.head(task), head_name=name, seed=0,
    )  # fmt: skip
    for folder in trained.values():
        load_head(assembly.model, name, folder)
    return Model(task, kind, assembly)


def rewritten(rows: Sequence[Row], form: Callable[[str], str], *apart: str) -> list[Row]:
    """Rows with their texts in another form, but for the fields `apart`; gold answers of passages are left out."""
    gone: dict[str, Any] = {"answers": ()}
    return [replace(row, **_texts(row, form, apart), **(gone if isinstance(row, SpanRow) else {})) for row in rows]


def _texts(row: Row, form: Callable[[str], str], apart: Sequence[str]) -> dict[str, Any]:
    found = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in (*NAMES, *apart)}
    texts: dict[str, Any] = {name: form(value) for name, value in found.items() if isinstance(value, str)}
    return texts | {
        name: tuple(map(form, value))
        for name, value in found.items()
        if isinstance(value, tuple) and value and isinstance(value[0], str)
    }


def figures(
    made: Model, language: str, rows: Sequence[Row], readers: dict[str, KeptTokens]
) -> Iterator[tuple[str, ...]]:
    """For each form a line: rows with other ids, and clean score, attacked score and cost, before and now."""
    kind, task = made.kind, made.task
    for form, turned in FORMS.items():
        clean = rewritten(rows, turned)
        scene = Scene(
            task, kind, language, 0, 0.1, told_apart(readers["now"]),
            words=words_of_rows(clean, kind, task), inventory=inventory_of_rows(clean, kind, task),
        )  # fmt: skip
        attacked = [found.row for found in attack_rows(ATTACKS.get("swap"), clean, scene)]
        composed = rewritten(attacked, lambda text: unicodedata.normalize("NFC", text), "candidate")
        asked = {
            ("before", "clean"): clean,
            ("before", "swap"): composed,
            ("now", "clean"): clean,
            ("now", "swap"): attacked,
        }
        inputs = {key: kind.encode(each, task, readers[key[0]], LIMITS) for key, each in asked.items()}
        outputs = iter(made.outputs([one for each in inputs.values() for one in each]))
        scores = {}
        for key, each in inputs.items():
            said = kind.decode(asked[key], task, each, [next(outputs) for _ in each])
            scores[key] = 100 * kind.score(asked[key], said, task, language)[task.metric]
        other = len(changed(inputs["before", "clean"], inputs["now", "clean"]))
        costs = {when: scores[when, "clean"] - scores[when, "swap"] for when in ("before", "now")}
        shown = [f"{scores['before', what]:.1f} → {scores['now', what]:.1f}" for what in ("clean", "swap")]
        yield (
            task.name,
            language,
            form,
            f"{other} of {len(rows)}",
            *shown,
            f"{costs['before']:.1f} → {costs['now']:.1f}",
        )


def changed(before: Sequence[Any], now: Sequence[Any]) -> set[int]:
    """The rows whose ids differ."""
    ids = [[(one.row, one.ids) for one in each] for each in (before, now)]
    return {row for row, _ in set(ids[0]) ^ set(ids[1])}


def moved_ids(facts: ConfigFacts, readers: dict[str, KeptTokens], most: int) -> Iterator[tuple[str, ...]]:
    """By target, of all its test rows in every language, those with other ids; languages without any are not named."""
    for name in TARGETS:
        task = facts.task(name)
        kind, total = kind_of(task.kind), 0
        found: dict[str, dict[str, str]] = {form: {} for form in FORMS}
        for language in task.languages:
            try:
                rows = load(task, "test", language, facts.source, most).rows
            except AdaptstiltsError:
                continue
            total += len(rows)
            for form, turned in FORMS.items():
                asked = rewritten(rows, turned)
                other = changed(*(kind.encode(asked, task, readers[when], LIMITS) for when in ("before", "now")))
                if other:
                    which = f" ({', '.join(rows[i].id for i in sorted(other))})" if len(other) <= NAMED else ""
                    found[form][language] = f"{language} {len(other)} of {len(rows)}{which}"
        if total:
            yield name, f"{total:,}", *(", ".join(each.values()) or "none" for each in found.values())


def show(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--ids", action="store_true")
    parser.add_argument("--backbone", default="e5-small")
    parser.add_argument("--rows", type=int, default=0, help="of a language (0: 150, or with --ids all)")
    parser.add_argument("--langs", default="")
    given = parser.parse_args()
    facts = ConfigFacts(load_config("small", (), {"data.source": given.data}))
    found, why = tokenizer_at_hand(BackboneSettings(given.backbone))
    if found is None:
        parser.error(why)
    readers = {"before": KeptTokens.of(found, published=True), "now": KeptTokens.of(found)}
    if given.ids:
        show("target", "rows", *(f"other ids, {form}" for form in FORMS))
        show(*["---"] * 4)
        for line in moved_ids(facts, readers, given.rows or 10**9):
            show(*line)
        return
    from adaptstilts.models.door.open import open_backbone

    backbone = open_backbone(BackboneSettings(given.backbone))
    show("target", "language", "form", "rows with other ids", "clean", "under `swap`", "cost, points")
    show(*["---"] * 7)
    for name in ("tatoeba", *ADAPTERS):
        made = model(name, facts, backbone)
        for language in given.langs.split(",") if given.langs else TASKS.get(name).languages:
            try:
                rows = load(made.task, "test", language, facts.source, given.rows or 150).rows
            except AdaptstiltsError:
                continue
            for line in figures(made, language, rows, readers):
                show(*line)


if __name__ == "__main__":
    main()
