"""What attacks cost: our greedy search against TextAttack's on one model, and the static panel against clean scoring.

    python benchmarks/attacks.py                        # 100 rows; TextAttack where it is installed
    python benchmarks/attacks.py --rows 300 --skip-textattack

Both searches ask the same pocket classifier (the shipped MNLI adapter and head) about the same texts in the same process, with the
same candidates, ranking and limit of edits, and no budget. The figure is queries per second, as each counts its own. TextAttack is
the benchmark's own extra: `pip install "textattack==0.3.11"`.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.board import Board
from adaptstilts.attacks.candidates import EDITS, most
from adaptstilts.attacks.given import given_to_model
from adaptstilts.attacks.harvest import inventory_of_rows
from adaptstilts.attacks.running import applies, attack_rows
from adaptstilts.data.loading import load
from adaptstilts.data.where import Where
from adaptstilts.experiments.zoo import shipped_zoo
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind, Limits, Prediction
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.heads import load_head
from adaptstilts.models.loading import open_backbone
from adaptstilts.prediction import Oracle, predict
from adaptstilts.rows import ClassificationRow, Row
from adaptstilts.settings import AdapterSettings, BackboneSettings
from adaptstilts.tasks import TASKS, Task

LIMITS = Limits(128, 32)


@dataclass(frozen=True)
class Model:
    """The classifier under attack and how its rows are read."""

    assembly: Assembly
    task: Task
    kind: Kind

    def predictions(self, rows: Sequence[Row]) -> list[Prediction]:
        encodings = self.kind.encode(rows, self.task, self.assembly.backbone.tokenizer, LIMITS)
        return self.kind.decode(rows, self.task, encodings, predict(self.assembly, encodings))

    def scene(self, rows: Sequence[Row], severity: float) -> Scene:
        tokenizer = self.assembly.backbone.tokenizer

        def survives(before: str, after: str) -> bool:
            first, second = tokenizer([before, after], add_special_tokens=False)["input_ids"]
            return bool(first != second)

        def given(asked: Sequence[Row]) -> Any:
            return given_to_model(asked, self.kind, self.task, tokenizer, LIMITS)

        letters = inventory_of_rows(rows, self.kind, self.task)
        parallel = {"en": {row.source: row for row in rows}}
        options = {"mask": tokenizer.mask_token, "given": given, "inventory": letters, "letters": letters.commonest}
        return Scene(self.task, self.kind, "en", 0, severity, survives, parallel, **options)


def opened() -> Model:
    """The shipped pocket encoder with the MNLI adapter and head."""
    task = TASKS.get("mnli")
    entry = next(entry for entry in shipped_zoo() if entry.task == task.name)
    folder, kind = shipped_zoo().files(entry.digest), kind_of(task.kind)
    made = assemble(
        open_backbone(BackboneSettings("pocket")),
        block=task.name,
        adapters={task.name: folder},
        trains=(),
        shape=AdapterSettings("seq_bn", 2),
        head=kind.head(task),
        head_name=task.name,
        seed=0,
    )
    load_head(made.model, task.name, folder)
    return Model(made, task, kind)


def as_singles(model: Model, rows: Sequence[Row]) -> tuple[Model, list[Row]]:
    """The same classifier on single texts, each labelled as the model labels it clean: every search starts from right."""
    task = replace(model.task, kind="single")
    single = Model(model.assembly, task, kind_of("single"))
    texts = [f"{row.first} {row.second}" for row in rows if isinstance(row, ClassificationRow)]
    plain: list[Row] = [ClassificationRow(str(i), "en", str(i), text, None, 0) for i, text in enumerate(texts)]
    said = single.predictions(plain)
    return single, [replace(row, label=p.value) for row, p in zip(plain, said, strict=True)]  # type: ignore[call-arg]


def ours(model: Model, rows: Sequence[Row]) -> tuple[int, float, int]:
    """Queries, seconds and rows fooled."""
    oracle = Oracle(model.assembly, model.kind, model.task, model.assembly.backbone.tokenizer, LIMITS)
    started = time.perf_counter()
    found = attack_rows(ATTACKS.get("greedy"), rows, model.scene(rows, 0.1), oracle, 10**6)
    seconds = time.perf_counter() - started
    fooled = sum(margin < 0 for margin in oracle.margins([after.row for after in found]))
    return sum(after.queries for after in found), seconds, fooled


def textattacks(model: Model, rows: Sequence[Row]) -> tuple[int, float, int]:
    """The same of TextAttack's GreedyWordSwapWIR, one text after the other, as it works."""
    import numpy as np
    import textattack
    import torch
    from textattack.constraints.overlap import MaxWordsPerturbed
    from textattack.constraints.pre_transformation import RepeatModification
    from textattack.goal_functions import UntargetedClassification
    from textattack.models.wrappers import ModelWrapper
    from textattack.search_methods import GreedyWordSwapWIR
    from textattack.transformations import WordSwap

    kind, task, tokenizer = model.kind, model.task, model.assembly.backbone.tokenizer

    class Wrapped(ModelWrapper):  # type: ignore[misc]
        model = None

        def __call__(self, texts: list[str]) -> Any:
            asked: list[Row] = [ClassificationRow("", "en", "", text, None, 0) for text in texts]
            outputs = predict(model.assembly, kind.encode(asked, task, tokenizer, LIMITS))
            return torch.softmax(torch.tensor(np.stack(outputs)), dim=1)

    class Candidates(WordSwap):  # type: ignore[misc]
        def _get_replacement_words(self, word: str) -> list[str]:
            board = Board(ClassificationRow("", "en", "", word, None, 0), plain, tiled=True)
            options = [board.options(unit, EDITS) for unit in board.units]
            words = [board.row_with([step]).first for steps in options for step in steps]  # type: ignore[union-attr]
            return words[:12]

    plain = replace(model.scene(rows, 0.1), survives=lambda before, after: before != after, given=None)
    search, queries, seconds, fooled = GreedyWordSwapWIR("unk", tokenizer.mask_token), 0, 0.0, 0
    for row in rows:
        assert isinstance(row, ClassificationRow)
        limit = MaxWordsPerturbed(max_num_words=most(Board(row, plain, tiled=True)))
        goal = UntargetedClassification(Wrapped(), model_batch_size=32)
        attack = textattack.Attack(goal, [RepeatModification(), limit], Candidates(), search)
        started = time.perf_counter()
        result = attack.attack(row.first, row.label)
        seconds += time.perf_counter() - started
        queries += result.num_queries
        fooled += type(result).__name__ == "SuccessfulAttackResult"
    return queries, seconds, fooled


def panel(model: Model, rows: Sequence[Row]) -> None:
    """Seconds of each static attack, making its texts and reading them, as a share of reading the clean ones."""
    model.predictions(rows)
    started = time.perf_counter()
    model.predictions(rows)
    clean = time.perf_counter() - started
    print(f"\nstatic panel, {len(rows)} {model.task.name} rows; clean scoring takes {clean:.2f} s = 100 %")
    print(f"{'attack':14} {'texts':>8} {'scoring':>8} {'share of clean':>15}")
    shares = []
    for attack in ATTACKS:
        if attack.perturb is None or applies(attack, model.kind, "en") or attack.lacks(model.scene(rows, 0.1)):
            continue
        started = time.perf_counter()
        found = attack_rows(attack, rows, model.scene(rows, 0.1))
        made = time.perf_counter() - started
        if not any(after.counts for after in found):
            continue
        model.predictions([after.row for after in found])
        whole = time.perf_counter() - started
        shares.append(whole / clean)
        print(f"{attack.name:14} {made:7.2f}s {whole - made:7.2f}s {100 * whole / clean:13.0f} %")
    print(f"{'panel':14} {'':>8} {'':>8} {100 * sum(shares):13.0f} %  ({len(shares)} attacks)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--skip-textattack", action="store_true")
    given = parser.parse_args()
    model = opened()
    rows = list(load(model.task, "dev", "en", Where.of("pocket"), given.rows).rows)
    single, texts = as_singles(model, rows)
    sides = {"adaptstilts": ours}
    if given.skip_textattack or importlib.util.find_spec("textattack") is None:
        print('without TextAttack; for the comparison: pip install "textattack==0.3.11"', file=sys.stderr)
    else:
        sides["TextAttack"] = textattacks
    print(f"greedy word importance, {len(texts)} texts, no budget")
    print(f"{'':14} {'queries':>8} {'seconds':>8} {'queries/s':>10} {'fooled':>7}")
    rates = []
    for name, run in sides.items():
        queries, seconds, fooled = run(single, texts)
        rates.append(queries / seconds)
        print(f"{name:14} {queries:8} {seconds:8.2f} {rates[-1]:10.0f} {fooled:7}")
    if len(rates) == 2:
        print(f"ratio {rates[0] / rates[1]:.1f}")
    panel(model, rows)


if __name__ == "__main__":
    main()
