"""What attacks cost: our search by word importance against TextAttack's on one model, and the static panel against clean scoring.

    python benchmarks/attacks.py                        # 100 rows; TextAttack where it is installed
    python benchmarks/attacks.py --rows 300 --skip-textattack
    python benchmarks/attacks.py --config small --data DIR --rows 20    # human languages: rows from the Hub's layout in DIR
    python benchmarks/attacks.py --random large --device cuda           # XLM-R Large with random weights on a GPU

Both searches (ours is `wir`, the same algorithm) ask the same classifier about the same texts in the same process, with the same
candidates, ranking and limit of edits, and no budget. The figure is queries per second, as each counts its own. There are two
classifiers: the pocket encoder with the shipped MNLI adapter and head, whose own arithmetic is the same for both sides and bounds the
ratio on a CPU; and a hash of the text, which costs nothing and is never fooled, and so shows the searches alone. Where the config's
encoder is held in bfloat16, TextAttack is measured on the same encoder in float32 too, as its users run it. TextAttack is the
benchmark's own extra: `pip install "textattack==0.3.11"`; it wants NLTK's list of English stop words when it is imported
(`NLTK_DATA`), which nothing here uses.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.algorithms.candidates import TRIED, most
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.model_input import given_to_model, told_apart
from adaptstilts.attacks.text.inventory import inventory_of_rows
from adaptstilts.config.load import load_config
from adaptstilts.config.sections import Config
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.classification import margin
from adaptstilts.kinds.kind import Kind, Limits, Prediction
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.heads import load_head
from adaptstilts.models.precision import Wanted
from adaptstilts.rows import ClassificationRow, Row
from adaptstilts.settings import BackboneSettings
from adaptstilts.tasks import TASKS, Task
from adaptstilts.training.prediction import predict
from adaptstilts.zoo.zoo import shipped_zoo

sys.path.insert(0, str(Path(__file__).resolve().parent))

LIMITS = Limits(128, 32)


def seconds_now() -> float:
    """A clock: the process's own seconds on one thread (OMP_NUM_THREADS=1), so that other work weighs less, else the wall's."""
    import torch

    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


@dataclass(frozen=True)
class Model:
    """The classifier under attack and how its rows are read; attacks remember what texts are as tokens, as a run's do."""

    assembly: Assembly
    task: Task
    kind: Kind
    tokens: KeptTokens

    def predictions(self, rows: Sequence[Row]) -> list[Prediction]:
        encodings = self.kind.encode(rows, self.task, self.assembly.backbone.tokenizer, LIMITS)
        return self.kind.decode(rows, self.task, encodings, predict(self.assembly, encodings))

    def scene(self, rows: Sequence[Row], severity: float) -> Scene:
        tokens = self.tokens

        def given(asked: Sequence[Row]) -> Any:
            return given_to_model(asked, self.kind, self.task, tokens, LIMITS)

        letters = inventory_of_rows(rows, self.kind, self.task)
        parallel = {"en": {row.source: row for row in rows}}
        options = {
            "mask": self.assembly.backbone.tokenizer.mask_token,
            "given": given,
            "inventory": letters,
            "letters": letters.commonest,
        }
        return Scene(self.task, self.kind, "en", 0, severity, told_apart(tokens), parallel, **options)


def random_model(size: str, device: str) -> Model:
    """An encoder of that size with random weights and a fresh adapter, reading the pocket lab's pieces."""
    import measuring
    import torch

    made = measuring.Setting(
        device,
        "bf16" if device == "cuda" else "fp32",
        size,
        measuring.SIZES[size].layers,
        1,
        128,
        1,
        torch.get_num_threads(),
    )
    tokenizer = open_backbone(BackboneSettings("pocket")).tokenizer
    bare = replace(measuring.backbone(made, vocabulary=len(tokenizer)), tokenizer=tokenizer)
    task = TASKS.get("mnli")
    kind = kind_of(task.kind)
    block = measuring.fusion_over(0)
    return Model(measuring.assembly(bare, made, block, head=kind.head(task)), task, kind, KeptTokens.of(tokenizer))


def opened(config: Config, precision: Wanted = "auto") -> Model:
    """The config's encoder with the shipped MNLI adapter and head."""
    task = TASKS.get("mnli")
    entry = shipped_zoo().named(f"{config.name}-{task.name}")
    folder, kind = shipped_zoo().files(entry.digest), kind_of(task.kind)
    made = assemble(
        open_backbone(config.backbone, precision),
        block=task.name,
        adapters={task.name: folder},
        trains=(),
        shape=config.adapter,
        head=kind.head(task),
        head_name=task.name,
        seed=0,
    )
    load_head(made.model, task.name, folder)
    return Model(made, task, kind, KeptTokens.of(made.backbone.tokenizer))


class Encoder:
    """The classifier on single texts: scores [texts, labels], logits."""

    def __init__(self, model: Model) -> None:
        self.assembly, self.kind, self.tokens = model.assembly, kind_of("single"), model.tokens
        self.task = replace(model.task, kind="single")

    def scores(self, texts: Sequence[str]) -> Any:
        import numpy as np

        asked: list[Row] = [ClassificationRow(str(i), "en", "", text, None, 0) for i, text in enumerate(texts)]
        encodings = self.kind.encode(asked, self.task, self.tokens, LIMITS)
        return np.stack(predict(self.assembly, encodings))


class Hashed:
    """A classifier for nothing: sure of label 1 by a hash of the text, never fooled, so that every search goes to its end."""

    def scores(self, texts: Sequence[str]) -> Any:
        import numpy as np

        return np.array([[0.0, 0.01 + zlib.crc32(text.encode()) / 2**32] for text in texts], dtype=np.float32)


Classifier = Encoder | Hashed


class Asked:
    """A classifier as a victim of ours."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def margins(self, rows: Sequence[Row]) -> list[float]:
        labelled = [row for row in rows if isinstance(row, ClassificationRow)]
        scores = self.classifier.scores([row.first for row in labelled])
        return [margin(line, row.label) for line, row in zip(scores, labelled, strict=True)]


def labelled(classifier: Classifier, texts: Sequence[str]) -> list[ClassificationRow]:
    """Rows with the labels that the classifier gives them: every search starts from a right answer."""
    labels = classifier.scores(texts).argmax(1)
    pairs = zip(texts, labels, strict=True)
    return [ClassificationRow(str(i), "en", str(i), text, None, int(label)) for i, (text, label) in enumerate(pairs)]


def ours(classifier: Classifier, rows: list[ClassificationRow], scene: Scene) -> tuple[int, float, int]:
    """Queries, seconds and rows fooled."""
    victim = Asked(classifier)
    started = seconds_now()
    found = attack_rows(ATTACKS.get("wir"), rows, scene, victim, 10**6)
    seconds = seconds_now() - started
    fooled = sum(lead < 0 for lead in victim.margins([after.row for after in found]))
    return sum(after.queries for after in found), seconds, fooled


def textattacks(classifier: Classifier, rows: list[ClassificationRow], scene: Scene) -> tuple[int, float, int]:
    """The same of TextAttack's GreedyWordSwapWIR, one text after the other, as it works."""
    import textattack
    import torch
    from textattack.constraints.overlap import MaxWordsPerturbed
    from textattack.constraints.pre_transformation import RepeatModification
    from textattack.goal_functions import UntargetedClassification
    from textattack.models.wrappers import ModelWrapper
    from textattack.search_methods import GreedyWordSwapWIR
    from textattack.transformations import WordSwap

    class Wrapped(ModelWrapper):  # type: ignore[misc]
        model = None

        def __call__(self, texts: list[str]) -> Any:
            return torch.softmax(torch.tensor(classifier.scores(texts)), dim=1)

    class Candidates(WordSwap):  # type: ignore[misc]
        def _get_replacement_words(self, word: str) -> list[str]:
            inner, last = range(1, len(word) - 1), len(word) - 2
            swaps = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in inner if i < last]
            drops = [word[:i] + word[i + 1 :] for i in inner]
            return [new for new in dict.fromkeys([*swaps, *drops]) if new != word][:TRIED]

    search, queries, seconds, fooled = GreedyWordSwapWIR("unk", scene.mask), 0, 0.0, 0
    for row in rows:
        limit = MaxWordsPerturbed(max_num_words=most(Board(row, scene, tiled=True)))
        goal = UntargetedClassification(Wrapped(), model_batch_size=32)
        attack = textattack.Attack(goal, [RepeatModification(), limit], Candidates(), search)
        started = seconds_now()
        result = attack.attack(row.first, row.label)
        seconds += seconds_now() - started
        queries += result.num_queries
        fooled += type(result).__name__ == "SuccessfulAttackResult"
    return queries, seconds, fooled


def compare(
    classifier: Classifier, texts: Sequence[str], scene: Scene, *, alone: bool, exact: Classifier | None = None
) -> None:
    """One table: both sides on one classifier and TextAttack on the `exact` one too, or ours alone."""
    rows = labelled(classifier, texts)
    print(f"greedy word importance, {len(rows)} texts, classifier: {type(classifier).__name__.lower()}")
    print(f"{'':20} {'queries':>8} {'seconds':>8} {'queries/s':>10} {'fooled':>7} {'ours faster':>12}")
    arms = [("adaptstilts", ours, classifier)]
    arms += [] if alone else [("TextAttack", textattacks, classifier)]
    arms += [("TextAttack, float32", textattacks, exact)] if exact and not alone else []
    first = 0.0
    for name, run, asked in arms:
        queries, seconds, fooled = run(asked, rows, scene)
        first = first or queries / seconds
        print(
            f"{name:20} {queries:8} {seconds:8.2f} {queries / seconds:10.0f} {fooled:7} {first * seconds / queries:11.1f}x"
        )
    print()


def panel(model: Model, rows: Sequence[Row]) -> None:
    """Seconds of each static attack, making its texts and reading them, as a share of reading the clean ones."""
    model.predictions(rows)
    started = seconds_now()
    model.predictions(rows)
    clean = seconds_now() - started
    scene = model.scene(rows, 0.1)
    print(f"static panel, {len(rows)} {model.task.name} rows; clean scoring takes {clean:.2f} s = 100 %")
    print(f"{'attack':14} {'texts':>8} {'scoring':>8} {'share of clean':>15}")
    shares = []
    for attack in ATTACKS:
        if attack.perturb is None or applies(attack, model.kind, "en") or attack.lacks(scene):
            continue
        started = seconds_now()
        found = attack_rows(attack, rows, scene)
        made = seconds_now() - started
        if not any(after.counts for after in found):
            continue
        model.predictions([after.row for after in found])
        whole = seconds_now() - started
        shares.append(whole / clean)
        print(f"{attack.name:14} {made:7.2f}s {whole - made:7.2f}s {100 * whole / clean:13.0f} %")
    print(f"{'panel':14} {'':>8} {'':>8} {100 * sum(shares):13.0f} %  ({len(shares)} attacks)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--skip-textattack", action="store_true")
    parser.add_argument("--config", default="pocket", help="one that has a shipped MNLI adapter: pocket or small")
    parser.add_argument("--data", help="a folder in the Hub's layout (default: where the config has its rows from)")
    parser.add_argument(
        "--random", metavar="SIZE", help="random weights in place of the config's encoder: large, base or tiny"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of the random encoder")
    given = parser.parse_args()
    config = load_config(given.config, [f"data.source={given.data}"] if given.data else [])
    model = random_model(given.random, given.device) if given.random else opened(config)
    rows = list(load(model.task, "dev", "en", source_of(config.data.source), given.rows).rows)
    texts = [f"{row.first} {row.second}" for row in rows if isinstance(row, ClassificationRow)]
    alone = given.skip_textattack or importlib.util.find_spec("textattack") is None
    if alone:
        print('without TextAttack; for the comparison: pip install "textattack==0.3.11"', file=sys.stderr)
    encoder = Encoder(model)
    encoder.scores(texts)  # the first pass of a process is slow
    held = model.assembly.precision != "float32" and not given.random
    exact = Encoder(opened(config, "float32")) if held else None
    scene = replace(model.scene(rows, 0.1), kind=encoder.kind, task=encoder.task, given=None)
    compare(encoder, texts, scene, alone=alone, exact=exact)
    compare(Hashed(), texts, scene, alone=alone)
    panel(model, rows)


if __name__ == "__main__":
    main()
