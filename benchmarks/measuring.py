"""What the benchmarks of models share: sizes, random models, interleaved timing, peak memory, and how the numbers were got."""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from adapters import XLMRobertaAdapterModel
from adapters.methods.bottleneck import BottleneckLayer
from flops import Flops, flops_per_token, peak_flops
from transformers import XLMRobertaConfig

from adaptstilts.compositions import TARGET, Fused, Stacked
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.devices import own_device
from adaptstilts.models.precision import halve
from adaptstilts.settings import AdapterSettings, Recipe
from adaptstilts.training.optimizer import Optimizer

REPOSITORY = Path(__file__).resolve().parent.parent

VOCABULARY = 250_002
LABEL = Head("sequence", 3, "label")
SHAPE = AdapterSettings("seq_bn", 16)

EXAMPLES = {
    "mnli": (392_702, 45.3),
    "qqp": (363_846, 33.2),
    "squad": (87_599, 201.2),
    "squad2": (130_319, 227.8),
    "hellaswag": (39_905, 294.8),
    "ccg": (38_015, 26.6),
    "cosmosqa": (25_262, 435.4),
    "csqa": (9_741, 113.5),
    "anli": (1_104_934, 49.6),
}
"""Training examples of the nine tasks as their papers count them, and the mean number of tokens of one: XLM-R's tokenizer on
1,000 training rows of the project's sample, cut at 128 tokens an input (SQuAD: windows of 384), all choices or windows counted."""


@dataclass(frozen=True)
class Size:
    """An encoder: width, width of its feed-forward part, heads, layers."""

    hidden: int
    feedforward: int
    heads: int
    layers: int


SIZES = {"large": Size(1024, 4096, 16, 24), "base": Size(768, 3072, 12, 12), "tiny": Size(32, 64, 2, 2)}


@dataclass(frozen=True)
class Setting:
    """Where and how a benchmark runs."""

    device: str
    dtype: str
    size: str
    layers: int
    rows: int
    length: int
    repeats: int
    threads: int

    @property
    def whole(self) -> bool:
        """Whether the model is as deep as the one it stands for."""
        return self.layers == SIZES[self.size].layers


def parser(description: str | None, *, rows: int, length: int) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    made.add_argument(
        "--dtype",
        choices=("fp32", "bf16", "held"),
        help="bf16 is autocast; held: on a CPU ours holds its matrices in bfloat16, theirs are fp32; default: fp32, on CUDA bf16",
    )
    made.add_argument("--size", choices=tuple(SIZES), default="large")
    made.add_argument("--layers", type=int, help="default: 2 on CPU, all on CUDA")
    made.add_argument("--rows", type=int, default=rows, help=f"rows of a batch (default {rows})")
    made.add_argument("--length", type=int, default=length, help=f"tokens of an input at most (default {length})")
    made.add_argument("--repeats", type=int, default=5, help="times each arm is measured (default 5)")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--tiny", action="store_true", help="a tiny model, once: shows that the benchmark works")
    made.add_argument("--no-memory", action="store_true", help="times only")
    made.add_argument("--out", type=Path, default=Path("runs/benchmarks"), help="folder for the JSON file")
    made.add_argument("--peak", help=argparse.SUPPRESS)
    made.add_argument("--setting", help=argparse.SUPPRESS)
    return made


def answered(given: argparse.Namespace, peak: Callable[[str, Setting], object]) -> bool:
    """Whether this is the process that `in_own_process` started for one arm: its peak memory is then printed."""
    if not given.peak:
        return False
    how = Setting(**json.loads(given.setting))
    torch.set_num_threads(how.threads)
    print(json.dumps(peak(given.peak, how)))
    return True


def setting(given: argparse.Namespace) -> Setting:
    """The settings asked for, with torch set up accordingly."""
    if given.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU here: leave `--device cuda` out")
    dtype = given.dtype or ("bf16" if given.device == "cuda" else "fp32")
    if given.tiny:
        made = Setting(given.device, dtype, "tiny", 2, 4, 16, 1, given.threads)
    else:
        layers = given.layers or (2 if given.device == "cpu" else SIZES[given.size].layers)
        made = Setting(given.device, dtype, given.size, layers, given.rows, given.length, given.repeats, given.threads)
    torch.set_num_threads(made.threads)
    return made


def facts(how: Setting) -> dict[str, Any]:
    """What a reader of the numbers must know."""
    gpu = torch.cuda.get_device_name() if how.device == "cuda" else ""
    packages = {name: version(name) for name in ("torch", "transformers", "adapters")}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {**asdict(how), "gpu": gpu, "cpu": torch.backends.cpu.get_cpu_capability(), "load_before": load, **packages}


def backbone(how: Setting, *, vocabulary: int | None = None, ours: bool = False) -> Backbone:
    """A random XLM-R of the setting's size, frozen; the one of `ours` is held in bfloat16 where the setting says so.

    A model with fewer layers has as much fewer embeddings, so that embeddings are to layers what they are in the whole
    model.
    """
    size = SIZES[how.size]
    tokens = vocabulary or max(100, VOCABULARY * how.layers // size.layers if how.size != "tiny" else 100)
    config = XLMRobertaConfig(
        vocab_size=tokens,
        hidden_size=size.hidden,
        intermediate_size=size.feedforward,
        num_attention_heads=size.heads,
        num_hidden_layers=how.layers,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
    )
    config._attn_implementation = "sdpa"
    torch.manual_seed(0)
    model: Any = XLMRobertaAdapterModel(config)
    model.roberta.pooler = None
    model.requires_grad_(False).eval().to(how.device)
    if ours and how.dtype == "held":
        halve(model)
    if how.device == "cuda":
        own_device()
    named: Any = SimpleNamespace(pad_token_id=1)
    return Backbone(model, named, {}, size.hidden, how.layers, "xlm-roberta", 512, "random")


def fusion_over(k: int, *, target: bool = True) -> Any:
    """The block of k fused adapters under a target adapter; the target adapter alone for 0."""
    if k == 0:
        return TARGET if target else None
    fused = Fused(tuple(f"task{i}" for i in range(k)))
    return Stacked((fused, TARGET)) if target else fused


def assembly(bare: Backbone, how: Setting, block: Any, *, full: bool = False, head: Head = LABEL) -> Assembly:
    """A block of fresh adapters on the backbone; open are fusion, target adapter and head, or the whole encoder and head."""
    trains: Any = ("backbone", "head") if full else ("fusion", "target_adapter", "head")
    made = assemble(
        bare, block=block, adapters={}, trains=trains, shape=SHAPE, head=head, head_name="benchmark", seed=0
    )
    made._autocasts = how.device == "cuda" and how.dtype == "bf16"
    return made


def uninstall(made: Assembly) -> Assembly:
    """The same assembly with the fusion of `adapters` itself, on the same parameters."""
    for layer in made.model.modules():
        if isinstance(layer, BottleneckLayer):
            layer.__dict__.pop("compose_fuse", None)
    return made


def batch_of(made: Assembly, rows: int, length: int) -> Any:
    """Random inputs of one length, with labels."""
    draw = torch.Generator().manual_seed(1)
    vocabulary = made.model.config.vocab_size
    ids = torch.randint(5, vocabulary, (rows, length), generator=draw).tolist()
    return made.collate([Encoding(i, tuple(row), i % LABEL.outputs) for i, row in enumerate(ids)], targets=True)


class Step:
    """One training step after another on the same batch: forward, backward, clipping and AdamW over what is open."""

    def __init__(self, made: Assembly, how: Setting) -> None:
        self.made, self.how = made.train(), how
        self.batch = batch_of(made, how.rows, how.length)
        self.optimizer = Optimizer(made, Recipe(steps=10_000), 10_000)
        self.count = 0

    def __call__(self) -> None:
        with autocast(self.how):
            loss = self.made.loss(self.made(self.batch), self.batch)
            penalty = self.made.penalty()
        (loss if penalty is None else loss + penalty).backward()
        self.optimizer.step(self.count)
        self.count += 1


class Pass:
    """One forward pass after another over the same batch, nothing learnt."""

    def __init__(self, made: Assembly, how: Setting) -> None:
        self.made, self.how, self.batch = made, how, batch_of(made, how.rows, how.length)

    def __call__(self) -> None:
        self.made.eval()
        with torch.inference_mode(), autocast(self.how):
            self.made(self.batch)


def autocast(how: Setting) -> Any:
    """bf16 on a CPU; on a GPU an assembly sees to that itself."""
    return torch.autocast("cpu", torch.bfloat16, enabled=how.device == "cpu" and how.dtype == "bf16")


@contextmanager
def clock(how: Setting) -> Iterator[list[float]]:
    """The seconds of what happens inside, as the only item of the list, when the device has done it.

    With one CPU thread these are the process's own CPU seconds: a neighbour that takes the processor away does not count.
    """
    found: list[float] = []
    now = time.process_time if how.device == "cpu" and how.threads == 1 else time.perf_counter
    if how.device == "cuda":
        torch.cuda.synchronize()
    start = now()
    yield found
    if how.device == "cuda":
        torch.cuda.synchronize()
    found.append(now() - start)


def interleaved(arms: Mapping[str, Callable[[], Any]], how: Setting, warm: int = 1) -> dict[str, list[float]]:
    """Seconds of every arm, `how.repeats` times, in turn (there and back), so that a busy neighbour is hard on all alike."""
    for call in arms.values():
        for _ in range(warm):
            call()
    found: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(how.repeats):
        for name in list(arms) if turn % 2 == 0 else reversed(list(arms)):
            gc.collect()
            with clock(how) as seconds:
                arms[name]()
            found[name] += seconds
    return found


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median over the turns of the ratio of two arms within one turn."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def peak_of(prepare: Callable[[], Callable[[], Any]], how: Setting, times: int = 2) -> dict[str, float]:
    """MiB held by what is prepared, and MiB beyond that at the peak of calling it. To be asked in a process of its own.

    On a GPU by torch's allocator; else resident memory, whose high-water mark Linux lets a process put back (proc(5),
    clear_refs); where that cannot be done the mark of the whole process counts.
    """
    start = _held(how)
    call = prepare()
    gc.collect()
    before = _held(how)
    _reset(how)
    for _ in range(times):
        call()
    return {"model": before - start, "added": max(0.0, _peak(how) - before)}


def _held(how: Setting) -> float:
    if how.device == "cuda":
        return torch.cuda.memory_allocated() / 2**20
    return _status("VmRSS")


def _reset(how: Setting) -> None:
    if how.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif os.access("/proc/self/clear_refs", os.W_OK):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak(how: Setting) -> float:
    return torch.cuda.max_memory_allocated() / 2**20 if how.device == "cuda" else _status("VmHWM")


def _status(field: str) -> float:
    """A line of /proc/self/status in MiB; 0 where there is none."""
    path = Path("/proc/self/status")
    if not path.is_file():
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in path.read_text().splitlines() if line.startswith(field)), 0.0)


def in_own_process(script: str, arm: str, how: Setting) -> dict[str, float]:
    """What `script --peak ARM` prints for the same setting."""
    command = [sys.executable, script, "--peak", arm, "--setting", json.dumps(asdict(how))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arm}: {done.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def flops(how: Setting, **told: Any) -> Flops:
    """Model FLOPs of one token of the setting's model (see `flops.py`)."""
    size = SIZES[how.size]
    more = {"layers": how.layers, "hidden": size.hidden, "feedforward": size.feedforward, "length": how.length}
    return flops_per_token(**more, **told)


def use(how: Setting, per_second: float) -> float | None:
    """The share of the GPU's peak that so many model FLOPs a second are; None on a CPU or an unknown GPU."""
    peak = peak_flops(torch.cuda.get_device_name()) if how.device == "cuda" else None
    return None if peak is None or how.dtype != "bf16" else per_second / peak


def epochs(tokens_per_second: float) -> dict[str, float]:
    """Hours for one epoch of each of the nine tasks at that speed."""
    return {name: rows * tokens / tokens_per_second / 3600 for name, (rows, tokens) in EXAMPLES.items()}


def goal(name: str, measured: float, *, most: float | None = None, least: float | None = None) -> dict[str, Any]:
    met = measured <= most if most is not None else measured >= (least or 0.0)
    return {"goal": name, "measured": round(measured, 3), "most": most, "least": least, "met": met}


def finish(name: str, given: argparse.Namespace, about: dict[str, Any], found: dict[str, Any]) -> None:
    """Print the goals and write everything as JSON."""
    print(f"\n{'goal':58} {'wanted':>9} {'measured':>9}")
    for one in found["goals"]:
        wanted = f"<= {one['most']}" if one["most"] is not None else f">= {one['least']}"
        print(f"{one['goal']:58} {wanted:>9} {one['measured']:9.2f}{'' if one['met'] else '  missed'}")
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"{name}.json"
    path.write_text(json.dumps({"setting": about, **found}, indent=1) + "\n", encoding="utf-8")
    print(f"\n{', '.join(f'{key} {value}' for key, value in about.items() if value not in (None, ''))}\nJSON: {path}")
