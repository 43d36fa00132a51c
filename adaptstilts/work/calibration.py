"""Calibration: a backbone's speed and memory on this machine, measured in seconds on inputs without meaning."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts import ids
from adaptstilts.config.load import Config
from adaptstilts.files import write_json
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.listeners import Speaker
from adaptstilts.plan.sweeps.cost import SCHEMA, Calibration, Speed, place
from adaptstilts.settings import Recipe
from adaptstilts.threads import cap_threads, threads

if TYPE_CHECKING:
    from adaptstilts.models.assembly import Assembly

log = Speaker(__name__)

LENGTHS = (16, 32, 64, 128, 256, 384)
SECONDS = 0.4
"""A measurement goes on with more inputs until it has taken so long."""

BATCH = 32


def calibrate(config: Config) -> Calibration:
    """Measure reading and training with an adapter of the config's shape at several lengths, and what a process needs to start.

    Where the encoder has parts for each language, those of the source language read. Raises what opening the backbone raises
    (InputError, DataMissing, EnvironmentProblem), and NotApplicable for a source language that it lacks.
    """
    import torch

    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.devices import peak_memory
    from adaptstilts.models.door.open import open_backbone

    cap_threads()
    backbone = open_backbone(config.backbone, config.device.precision)
    described: Any = backbone.model.config
    assembly = assemble(
        backbone, block=None, adapters={}, trains=("target_adapter", "head"), shape=config.adapter,
        head=Head("sequence", 2, "label"), head_name="calibration", seed=0,
    )  # fmt: skip
    if backbone.languages:
        assembly.speak(config.data.language)
    try:
        lengths = [length for length in LENGTHS if length <= config.limits.max_length] or [config.limits.max_length]
        speeds = tuple(_speed(assembly, length, described.vocab_size, config) for length in lengths)
    finally:
        assembly.close()
    device = torch.cuda.get_device_name() if backbone.device.type == "cuda" else f"{threads()} thread(s) of a CPU"
    layers, hidden = int(described.num_hidden_layers), int(described.hidden_size)
    memory = peak_memory(backbone.device)
    return Calibration(backbone.name, device, layers, hidden, backbone.parameters, speeds, memory, _start())


def keep(calibration: Calibration, config: Config, file: Path | None = None) -> Path:
    """Write the calibration where `plan` and `sweep` look for it, or to `file`; where it lies."""
    path = file or place(config.backbone)
    return write_json(path, {"schema": SCHEMA, **asdict(calibration)})


def _speed(assembly: Assembly, length: int, vocabulary: int, config: Config) -> Speed:
    from adaptstilts.training.loop import train
    from adaptstilts.training.prediction import predict

    def read(rows: int) -> None:
        predict(assembly, _inputs(rows, length, vocabulary))

    def learn(rows: int) -> None:
        recipe = Recipe(steps=max(1, rows // BATCH), batch=BATCH)
        train(assembly, _inputs(rows, length, vocabulary), recipe, seed=0, device=config.device)

    found = Speed(length, _rate(read, length), _rate(learn, length))
    log.info(f"{length} tokens: {found.forward:,.0f} tokens/s read, {found.train:,.0f} tokens/s trained")
    return found


def _rate(work: Callable[[int], None], length: int) -> float:
    """Tokens a second: a first go that does not count, then ever more inputs until it takes long enough."""
    rows = BATCH
    work(rows)
    while True:
        began = time.perf_counter()
        work(rows)
        spent = time.perf_counter() - began
        if spent >= SECONDS or rows >= 4096:
            return rows * length / spent
        rows = min(4096, max(2 * rows, BATCH * int(rows * SECONDS / spent / BATCH)))


def _inputs(rows: int, length: int, vocabulary: int) -> list[Encoding]:
    rng = ids.rng_for("calibration", rows, length)
    lowest = min(10, vocabulary - 1)  # above the special tokens
    drawn = [tuple(rng.randrange(lowest, vocabulary) for _ in range(length)) for _ in range(rows)]
    return [Encoding(row, tokens, row % 2) for row, tokens in enumerate(drawn)]


def _start() -> float:
    """Seconds until a fresh process is ready to read a transfer again."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import adaptstilts.work.reread"], check=True)
    return time.perf_counter() - began
