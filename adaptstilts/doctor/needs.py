"""What one config needs: its backbone, memory, disk, rows, licensed data, adapters; and whether that is here or to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from humanize import intword, naturalsize

from adaptstilts.config.load import Config
from adaptstilts.data.hub.pins import pinned, sources_of
from adaptstilts.data.sources import DataSource, source_of
from adaptstilts.data.sources.folder import FolderSource
from adaptstilts.data.sources.hub import HubSource
from adaptstilts.data.sources.pocket import PocketSource
from adaptstilts.doctor.cache import Cache
from adaptstilts.doctor.finding import Finding, Level
from adaptstilts.doctor.machine import Device, disk
from adaptstilts.doctor.reach import Hub
from adaptstilts.errors import AdaptstiltsError, DataMissing
from adaptstilts.models.door.folder import (
    cached_folder,
    local_folder,
    needed_weights,
    shape_at_hand,
    text_files,
    weight_files,
)
from adaptstilts.models.packaged.backbones import PACKAGED, Packaged
from adaptstilts.models.size import GPU_TOKENS, KNOWN, EncoderShape
from adaptstilts.numerals import first_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.offers import offers
from adaptstilts.tasks import TASKS, Task
from adaptstilts.zoo.zoo import Zoos

FEW = 8
"""So many names are told, the rest is counted."""


@dataclass(frozen=True)
class Surroundings:
    """What was found out about the machine, for all configs at once."""

    device: Device
    hub: Hub
    cache: Cache
    zoos: Zoos


def needs(config: Config, around: Surroundings, tasks: Sequence[Task]) -> list[Finding]:
    """Findings about one config; `tasks` are those that will be run, none for any of them."""
    found = [*_backbone(config, around), *_quantized(config, around)]
    try:
        source = source_of(config.data.source)
    except DataMissing as error:
        return [*found, Finding(config.name, "data", "problem", str(error), error.do)]
    found += _LOOKS[type(source)](config, source, around, tasks)
    found += _licensed(config, source, tasks)
    return [*found, *_adapters(config, around, tasks)]


def _backbone(config: Config, around: Surroundings) -> Iterator[Finding]:
    settings = config.backbone
    try:
        folder, packaged = local_folder(settings.name), PACKAGED.get(settings.name)
        if packaged and not packaged.whole:
            yield from _to_be_made(config, packaged)
            yield _memory(config, around, KNOWN[settings.name])
            return
        if folder:
            text_files(folder)
        held = needed_weights(folder, settings) if folder and settings.init == "pretrained" else []
        shape = shape_at_hand(settings)
        if folder and shape:
            total = sum(path.stat().st_size for path in held)
            what = f"{settings.name}: here, {_count(shape)}, {naturalsize(total)}"
            yield Finding(config.name, "backbone", "ok", what)
        else:
            finding = _from_hub(config, around, shape)
            yield finding
            if shape and finding.values.get("fetch"):
                yield disk("cache", around.cache.root, shape.weights, f"for {settings.name}", section=config.name)
    except AdaptstiltsError as error:
        do = error.do or "Fetch the model again."
        yield Finding(config.name, "backbone", "problem", f"{error.where}: {error.what}", do)
        return
    if shape is not None:
        yield _memory(config, around, shape)


def _to_be_made(config: Config, packaged: Packaged) -> Iterator[Finding]:
    """A backbone whose package is installed; EnvironmentProblem, with what brings it, if it is not."""
    packaged.sources()
    what = f"{packaged.name}: {_count(KNOWN[packaged.name])}; will be made once from {packaged.encoder.release}"
    yield Finding(config.name, "backbone", "ok", what)
    yield disk("backbones", packaged.place, packaged.size, f"for {packaged.name}", section=config.name)


def _from_hub(config: Config, around: Surroundings, shape: EncoderShape | None) -> Finding:
    """The backbone of a Hub id: in the cache whole, or to be fetched, or not to be had."""
    settings = config.backbone
    folder = cached_folder(settings.name, pinned("model", settings.name, settings.revision))
    if folder and shape and (settings.init == "random" or weight_files(folder)):
        return Finding(config.name, "backbone", "ok", f"{settings.name}: in the cache, {_count(shape)}")
    told = f"{settings.name}: {'its weights are ' if folder else ''}not in the cache"
    weight = f", {_count(shape)}, {naturalsize(shape.weights)}" if shape else ""
    if around.hub.usable:
        later = "would be fetched from the Hub"
        return Finding(config.name, "backbone", "ok", f"{told}{weight}; {later}", values={"fetch": True})
    local = "or name a local model folder with `--set backbone.name=DIR`"
    do = f"Fetch it where there is a network (`hf download {settings.name}`), {local}."
    what = f"{told}{weight}, and cannot be fetched: {around.hub.why}"
    return Finding(config.name, "backbone", "problem", what, do, {"fetch": True})


def _memory(config: Config, around: Surroundings, shape: EncoderShape) -> Finding:
    """A rough need of memory against what the device has."""
    gpu = around.device.kind == "cuda"
    batch, most = config.transfer.recipe.batch * config.limits.max_length, shape.cpu_tokens(config.adapter.drop)
    tokens = config.device.tokens_per_pass or (GPU_TOKENS if gpu else min(batch, most))
    need = shape.training(tokens, half=gpu, checkpointing=config.device.checkpointing)
    have, values = around.device.memory, {"needed": need, "full": shape.fine_tuning}
    what = f"roughly {naturalsize(need)} to train adapters on the {'GPU' if gpu else 'CPU'} ({tokens:,} tokens a pass)"
    what += f", {naturalsize(shape.fine_tuning)} and activations to fine-tune everything"
    if have is None:
        return Finding(config.name, "memory", "ok", what, values=values)
    what, values["available"] = f"{what}; {naturalsize(have)} are free", have
    if need <= have:
        return Finding(config.name, "memory", "ok", what, values=values)
    if shape.weights > have:
        do = "Its weights alone do not fit; take a machine with more memory, or a smaller backbone."
        return Finding(config.name, "memory", "problem", what, do, values)
    do = "Take fewer tokens a pass (`--set device.tokens_per_pass=2048`), or `--set device.checkpointing=true`."
    return Finding(config.name, "memory", "warning", what, do, values)


def _quantized(config: Config, around: Surroundings) -> Iterator[Finding]:
    if not config.backbone.quantize:
        return
    if find_spec("bitsandbytes") is None:
        do = "pip install 'adaptstilts[quantized]'"
        yield Finding(config.name, "quantize", "problem", "bitsandbytes is not installed", do)
    elif around.device.kind != "cuda":
        do = "Leave backbone.quantize out on this machine."
        yield Finding(config.name, "quantize", "problem", "a quantized backbone takes a GPU", do)


def _twins(config: Config, source: DataSource, around: Surroundings, tasks: Sequence[Task]) -> Iterator[Finding]:
    without = [task.name for task in tasks if source.refusal(task)]
    if without:
        do = "Name a folder of real rows with data.source, or a real config."
        yield Finding(config.name, "data", "problem", f"the pocket lab has no rows of {', '.join(without)}", do)
    else:
        yield Finding(config.name, "data", "ok", "rows are generated; nothing is fetched")


def _published(config: Config, source: DataSource, around: Surroundings, tasks: Sequence[Task]) -> Iterator[Finding]:
    """Data sets of the Hub: how many lie in the cache, and whether the others could be fetched."""
    looked = tasks or [task for task in TASKS if task.role != "challenge"]
    wanted = sources_of(looked, hashes=True)
    lacking = [pin for pin in wanted if not around.cache.has(pin)]
    names = sorted({pin.id for pin in lacking})
    of_whom = f"of {', '.join(task.name for task in looked)}" if tasks else "of all tasks"
    what = f"{len(wanted) - len(lacking)} of {len(wanted)} data sets {of_whom} are in the cache, in part at least"
    values = {"wanted": sorted({pin.id for pin in wanted}), "missing": names}
    if not lacking or around.hub.usable:
        what += "; the others would be fetched" if lacking else ""
        yield Finding(config.name, "data", "ok", what, values=values)
        return
    do = f"Run once where there is a network, or name a copy with --data. Missing: {first_of(names, FEW)}."
    level: Level = "problem" if tasks else "warning"
    yield Finding(config.name, "data", level, f"{what}; the others cannot be fetched: {around.hub.why}", do, values)


def _in_folder(config: Config, source: DataSource, around: Surroundings, tasks: Sequence[Task]) -> Iterator[Finding]:
    looked = tasks or [task for task in TASKS if task.role != "challenge"]
    there = [task.name for task in looked if _has_rows(task, config, source)]
    lacking = [task.name for task in looked if task.name not in there]
    values = {"there": there, "missing": lacking}
    what = f"{source}: rows of {first_of(there, FEW) or 'no task'}"
    if lacking and (tasks or not there):
        do = f"`adaptstilts check {lacking[0]} --data {source}` says which files are looked for."
        yield Finding(config.name, "data", "problem", f"{what}; none of {first_of(lacking, FEW)}", do, values)
    else:
        yield Finding(config.name, "data", "ok", what, values=values)


_LOOKS: Mapping[type, Callable[[Config, DataSource, Surroundings, Sequence[Task]], Iterable[Finding]]] = {
    PocketSource: _twins,
    HubSource: _published,
    FolderSource: _in_folder,
}
"""What is looked at where rows come from a source of this type."""


def _has_rows(task: Task, config: Config, source: DataSource) -> bool:
    if task.role == "intermediate":
        return source.holds(task, "train", config.data.intermediate_language)
    return any(source.holds(task, split, code) for split in ("test", "dev") for code in task.languages)


def _licensed(config: Config, source: DataSource, tasks: Sequence[Task]) -> Iterator[Finding]:
    """Tasks whose rows have no public source, where the user has not given them."""
    for task in tasks or TASKS:
        if task.obtain and task.role == "intermediate" and not _has_rows(task, config, source):
            stands = f" {task.standin} stands in for it." if config.data.allow_standin and task.standin else ""
            level: Level = "problem" if tasks and not stands else "warning"
            what = f"{task.name}: licensed data ({task.licence}), not here.{stands}"
            yield Finding(config.name, "licensed", level, what, task.obtain)


def _adapters(config: Config, around: Surroundings, tasks: Sequence[Task]) -> Iterator[Finding]:
    """How many intermediate adapters need no training, for the very same step made them."""
    named = [task for task in tasks or TASKS if task.role == "intermediate"]
    if not named:
        return
    held, facts = [], ConfigFacts(config)
    for task in named:
        try:
            if around.zoos.made_by(adapter_step(facts, task.name).key):
                held.append(task.name)
        except DataMissing:
            continue
        except AdaptstiltsError as error:
            yield Finding(config.name, "adapters", "problem", str(error), error.do)
            return
    others = [
        found[0].name for task in named if task.name not in held and (found := offers(config, task.name, around.zoos))
    ]
    rest = "; the others are trained when they are needed" if len(held) < len(named) else ""
    rest += f", or named as they are, made otherwise: {first_of(others, FEW)}" if others else ""
    what = f"{len(held)} of {len(named)} are in the zoo{rest}"
    yield Finding(config.name, "adapters", "ok", what, values={"held": held})


def _count(shape: EncoderShape) -> str:
    return f"{intword(shape.parameters)} parameters"
