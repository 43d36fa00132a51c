"""What steps will cost: examples, tokens, seconds, memory and disk, from a calibration of the device or a rough one."""

from __future__ import annotations

import bisect
import operator
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from adaptstilts import ids, places
from adaptstilts.attacks import ATTACKS
from adaptstilts.bounds import read_json
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import Config
from adaptstilts.errors import CorruptArtefact
from adaptstilts.models.door.folder import POCKET, shape_at_hand
from adaptstilts.models.size import XLMR_LARGE
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.sweeps.sizes import rows_of, tokens_of
from adaptstilts.settings import AdapterSettings, BackboneSettings, Recipe
from adaptstilts.steps.step import DEV_ROWS, REREAD_ROWS, Score, Step, TrainAdapter, Transfer
from adaptstilts.tasks import Task

SCHEMA = 1
FLOAT = 4
"""Bytes of a saved parameter."""

WHOLE = 1.5
"""How much longer training the whole encoder takes than an adapter: one over 0.67, by counted operations at 24 layers."""

FILE, ROW, LINE = 8_000, 60, 450
"""Bytes of a file of predictions, and of a row there and in an attack's journal, without its texts."""
PACKED, TAGGED, PLAIN = 2.5, 6.0, 15.0
"""Bytes of a token's text in predictions, where each word has a tag, and in a journal. Measured on rows of all kinds, pocket and real."""


@dataclass(frozen=True)
class Speed:
    """Tokens a second at one input length: reading only, and training an adapter."""

    length: int
    forward: float
    train: float


@dataclass(frozen=True)
class Calibration:
    """How fast a device is with a backbone, measured or (`measured` false) guessed from the backbone's size.

    `start` are seconds that a fresh process takes before it works, which every transfer pays once; `memory` the peak in
    bytes of training at the longest length.
    """

    backbone: str
    device: str
    layers: int
    hidden: int
    parameters: int
    speeds: tuple[Speed, ...]
    memory: int
    start: float
    measured: bool = True
    said: str = ""

    def seconds(self, tokens: float, length: float, *, train: bool = False) -> float:
        """How long so many tokens take in inputs of this length; speeds are interpolated between the lengths measured."""
        speeds = sorted(self.speeds, key=lambda speed: speed.length)
        place = bisect.bisect_left([speed.length for speed in speeds], length)
        below, above = speeds[max(0, place - 1)], speeds[min(place, len(speeds) - 1)]
        share = (length - below.length) / (above.length - below.length) if above.length > below.length else 0.0
        low, high = (below.train, above.train) if train else (below.forward, above.forward)
        return tokens / (low + min(1.0, max(0.0, share)) * (high - low))


@dataclass(frozen=True)
class Cost:
    """What one step, or several, will take: examples and tokens, seconds of one device, bytes on disk."""

    steps: int = 0
    examples: int = 0
    tokens: int = 0
    seconds: float = 0.0
    disk: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*map(operator.add, astuple(self), astuple(other)))

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 1), "hours": round(self.seconds / 3600, 3)}


def total(costs: Iterable[Cost]) -> Cost:
    """The sum; nothing for none."""
    return reduce(Cost.__add__, costs, Cost())


class Costing:
    """Costs of the steps of one config by one calibration; the same step is counted once."""

    def __init__(self, config: Config, calibration: Calibration) -> None:
        self.config, self.calibration, self.facts = config, calibration, ConfigFacts(config)
        self._known: dict[str, Cost] = {}
        self._tasks: dict[str, tuple[Task, float]] = {}

    def of(self, step: Step) -> Cost:
        """What this step will take by itself, without those that it needs."""
        if step.key not in self._known:
            kinds: dict[str, Any] = {"adapter": self._adapter, "transfer": self._transfer, "score": self._score}
            self._known[step.key] = kinds[step.kind](step)
        return self._known[step.key]

    def _task(self, name: str) -> tuple[Task, float]:
        """The task and the mean tokens of one of its examples."""
        if name not in self._tasks:
            task = self.facts.task(name)
            self._tasks[name] = (task, tokens_of(task, self.facts.source))
        return self._tasks[name]

    def _rows(self, name: str, split: str, most: int | None) -> int:
        return rows_of(self.facts.task(name), self.facts.source, split, most)

    def _length(self, name: str) -> float:
        """Tokens of one input: an example is several where it is a choice or a context in windows."""
        task, tokens = self._task(name)
        inputs = 4.0 if task.kind == "choice" else max(1.0, tokens / self.config.limits.max_length)
        return tokens / inputs

    def _learn(self, recipe: Recipe, rows: Mapping[str, int], *, whole: bool) -> Cost:
        """Training on so many rows of each task; of several, each takes part by its number of rows."""
        every = max(1, sum(rows.values()))
        examples = recipe.steps * recipe.batch if recipe.steps else round((recipe.epochs or 0) * every)
        times = WHOLE if whole else 1.0
        return total(self._read(name, examples * n / every, train=True, times=times) for name, n in rows.items())

    def _read(self, name: str, rows: float, *, train: bool = False, times: float = 1.0) -> Cost:
        tokens = rows * self._task(name)[1]
        seconds = self.calibration.seconds(tokens, self._length(name), train=train)
        return Cost(0, round(rows), round(tokens), times * seconds)

    def _adapter(self, step: TrainAdapter) -> Cost:
        rows = {lesson.task: self._rows(lesson.task, "train", lesson.rows) for lesson in step.lessons}
        made = self._learn(step.recipe, rows, whole=step.whole)
        dev = total(self._read(task, min(DEV_ROWS, self._rows(task, "train", None))) for task in step.tasks)
        size = self.calibration.parameters if step.whole else self._adapter_size(step.shape)
        return made + dev + Cost(1, disk=FLOAT * size)

    def _transfer(self, step: Transfer) -> Cost:
        whole = COMPOSITIONS.get(step.composition).whole
        learned = Cost()
        if step.data:
            learned = self._learn(step.recipe, {step.target: self._rows(step.target, "train", step.rows)}, whole=whole)
        read, saved = self._read(step.target, 2 * REREAD_ROWS), FLOAT * self._bundle_size(step, whole=whole)
        return learned + read + Cost(1, seconds=self.calibration.start, disk=saved)

    def _score(self, step: Score) -> Cost:
        """Every row once; a search asks its budget of each row, which is the most that it may."""
        name = step.challenge or step.transfer.target
        rows = self._rows(name, "test", step.rows) * len(step.languages)
        cost, attack = self._read(name, rows), ATTACKS.get(step.attack) if step.attack else None
        if attack and attack.family != "static" and not step.texts:
            cost += self._read(name, rows * step.budget, train=attack.embeds)
        return cost + Cost(1, disk=self._written(name, rows, journal=attack is not None and not step.texts))

    def _written(self, name: str, rows: int, *, journal: bool) -> int:
        """Bytes of a score's predictions with texts and gold answers, and of the journal where an attack makes its texts."""
        task, tokens = self._task(name)
        row = ROW + (TAGGED if task.kind == "tagging" else PACKED) * tokens
        return round(FILE + rows * (row + (LINE + PLAIN * tokens if journal else 0.0)))

    def _adapter_size(self, shape: AdapterSettings) -> int:
        """Parameters of one adapter, about: two matrices a layer for a bottleneck, or what stands for them elsewhere."""
        layers, hidden = max(1, self.calibration.layers - shape.drop), self.calibration.hidden
        if shape.architecture == "prefix_tuning":
            return layers * 2 * hidden * shape.prefix_length
        width = shape.rank if shape.architecture == "lora" else hidden / shape.reduction * shape.times
        sites = 2 if shape.architecture in ("double_seq_bn", "lora") else 1
        return round(layers * sites * 2 * hidden * width)

    def _bundle_size(self, step: Transfer, *, whole: bool) -> int:
        """Parameters that a transfer saves: fusion (query, key and value of each layer), target adapter, or all."""
        if whole:
            return self.calibration.parameters
        fuses = "fusion" in COMPOSITIONS.get(step.composition).opens(step.method)
        fused = 3 * self.calibration.layers * self.calibration.hidden**2 if fuses else 0
        return fused + (self._adapter_size(step.shape) if step.target_adapter else 0)


def place(settings: BackboneSettings) -> Path:
    """Where the calibration of a backbone is kept: below the user's cache."""
    named = {"name": settings.name, "layers": settings.layers, "quantize": settings.quantize}
    return places.cached("calibration", f"{Path(settings.name).name}-{ids.digest(named)[:8]}.json")


def calibration_of(settings: BackboneSettings, file: Path | None = None) -> Calibration:
    """The calibration in `file`, or the one kept for the backbone, or a rough one; CorruptArtefact if it does not read."""
    path = file or place(settings)
    if not path.is_file():
        return rough(settings)
    try:
        found = read_json(path)
        if found.pop("schema") != SCHEMA:
            raise ValueError("it is of another version")
        speeds = tuple(Speed(**speed) for speed in found.pop("speeds"))
        return Calibration(speeds=speeds, **found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        do = "Measure again: adaptstilts calibrate."
        raise CorruptArtefact(f"not a calibration ({error})", where=str(path), do=do) from error


def rough(settings: BackboneSettings) -> Calibration:
    """A guess for a device that nobody measured: two CPU cores for the pocket lab, a GPU of 20 TFLOP/s for real encoders.

    A token takes two operations a parameter of the layers to read, and twice as many to train an adapter. Right within a factor of
    several at best. An encoder whose size is not known is taken for one as large as XLM-R large, so that a limit on spending holds.
    """
    shape = shape_at_hand(settings)
    size = shape or replace(XLMR_LARGE, layers=settings.layers or XLMR_LARGE.layers)
    forward = 20e12 / (2 * size.layers * 12 * size.width**2)
    device, start, memory = "a GPU", 15.0, size.weights + 4 * 10**9
    speeds: tuple[Speed, ...] = (Speed(64, forward, forward / 2),)
    taken = "a GPU of 20 TFLOP/s" + ("" if shape else " and an encoder as large as XLM-R large")
    said = f"ROUGH: not measured ({taken} is taken); run `adaptstilts calibrate` on the machine that will do it"
    if settings.name == POCKET:
        device, start, memory = "two CPU cores", 6.0, 10**9
        speeds = (Speed(16, 8000, 4000), Speed(128, 10000, 5000))
        said = "ROUGH: not measured on this machine (two CPU cores are taken); `adaptstilts calibrate` measures"
    found = (settings.name, device, size.layers, size.width, size.parameters, speeds, memory, start)
    return Calibration(*found, measured=False, said=said)
