"""Stores of sweeps that nobody trained: a manifest, records and prediction files whose truth is known.

A margin model stands behind them: a row's clean margin is Normal(mu, 1) and an attack takes D from it, so that the clean score is
Phi(mu), the attacked one Phi(mu - D), and the probit robustness cost is D whatever the clean score is.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import ndtr

from adaptstilts import ids
from adaptstilts.store.chain import append
from tests.store.filled import whole

BACKBONE = {"name": "pocket", "content": "0123456789abcdef"}
POOL = ("squad", "mnli", "hellaswag", "qqp", "csqa", "ccg", "cosmosqa", "squad2", "anli")
SPREAD = 12
"""How many k=0 models with spread clean scores each head has."""


@dataclass(frozen=True)
class World:
    """What the store is made of, and its truth.

    `beta` is the slope of D a doubling of k, `clean_slope` that of the clean margin; `slope_sd` the standard deviation
    of slopes over orderings and over heads, `model_sd` that of D from model to model. `rows` writes prediction files too.
    """

    orderings: int = 4
    heads: tuple[str, ...] = ("pawsx", "xcopa", "panx")
    ks: tuple[int, ...] = (0, 1, 2, 4, 8)
    languages: tuple[str, ...] = ("en", "qaa", "qab", "qac")
    attacks: tuple[str, ...] = ("swap", "drop")
    n: int = 300
    beta: float = 0.0
    clean_slope: float = 0.0
    slope_sd: float = 0.0
    model_sd: float = 0.02
    cost: float = 0.6
    chance: float = 0.25
    controls: tuple[str, ...] = ("random", "copies", "wide")
    control_beta: float = 0.0
    references: int = SPREAD
    rows: bool = False
    seed: int = 0
    name: str = "synthetic"
    provenance: dict = field(default_factory=dict)


def make_store(folder: Path, world: World | None = None) -> Path:
    """Write the store into `folder` and return it."""
    return _Maker(folder, world or World()).write()


def journalled(folder: Path) -> Path:
    """Have the store's journal tell of every record as if it had been finished now, transfers first; the store."""
    records = [(path, json.loads(path.read_text())) for path in sorted((folder / "steps").glob("*/record.json"))]
    for path, record in sorted(records, key=lambda pair: pair[1]["step"] == "score"):
        append(folder, "step", key=record["key"], step=record["step"], record=ids.read_digest(path))
    return folder


class _Maker:
    def __init__(self, folder, world):
        self.folder, self.world, self.rng = folder, world, np.random.default_rng(world.seed)
        w, rng = world, self.rng
        self.by_ordering = rng.normal(0, w.slope_sd, w.orderings)
        self.by_head = dict(zip(w.heads, rng.normal(0, w.slope_sd, len(w.heads)), strict=True))
        self.level = {head: rng.normal(1.3, 0.1) for head in w.heads}
        self.cells = []

    def write(self):
        w = self.world
        for head in w.heads:
            for ordering in range(w.orderings):
                tasks = [str(t) for t in self.rng.permutation(POOL)]
                for k in w.ks:
                    slope = w.beta + self.by_ordering[ordering] + self.by_head[head]
                    self.cell("k", "fuse" if k else "none", k, tuple(tasks[:k]), ordering, head, slope)
            for name in w.controls:
                for k in (k for k in w.ks if k > 1):
                    self.cell("control", name, k, ("squad",) if name != "random" else (), 0, head, w.control_beta)
            for number in range(w.references):
                lower = 0.8 * (1 - (number + 1) / w.references)
                self.cell("reference", "none", 0, (), number, head, 0.0, lower=lower)
        manifest = {"schema": 1, "name": w.name, "summary": "made up", "settings": {}, "cells": self.cells}
        manifest["digest"] = ids.digest({"settings": {}, "cells": self.cells})
        (self.folder / "sweeps").mkdir(parents=True, exist_ok=True)
        (self.folder / "sweeps" / f"{w.name}.json").write_text(json.dumps(manifest))
        return self.folder

    def cell(self, role, composition, k, tasks, ordering, head, slope, lower=0.0):
        w, x = self.world, np.log2(max(k, 1))
        place = {"role": role, "composition": composition, "k": k, "tasks": list(tasks), "ordering": ordering}
        seed = ordering * 100 + k
        transfer = ids.digest([w.name, place, head, "transfer"])
        clean = ids.digest([transfer, "clean"])
        noise = self.rng.normal(0, w.model_sd)
        level = self.level[head] + w.clean_slope * x - lower + self.rng.normal(0, w.model_sd)
        margins = {
            language: level - 0.1 * number + self.rng.normal(0, 1, w.n) for number, language in enumerate(w.languages)
        }
        mu = {language: level - 0.1 * number for number, language in enumerate(w.languages)}
        made = {"composition": composition, "members": list(tasks), "tasks": list(tasks), "seed": seed, "target": head}
        parts = {"parts": {"trainable": 1000 + 100 * k, "total": 100_000}}
        self.record(transfer, "transfer", {"language": "en", "target": head}, {**made, **parts})
        found = {language: self.share(margins[language], mu[language]) for language in w.languages}
        scores = {
            language: {"n": w.n, "split": "test", "truncated": 0, "chance": w.chance, "accuracy": share}
            for language, share in found.items()
        }
        told = {"target": head, "challenge": None, "metric": "accuracy", "attack": None, "exposure": "unseen"}
        self.record(clean, "score", {"transfer": transfer, "rows": w.n}, {**told, "scores": scores})
        if w.rows:
            self.predictions(clean, margins)
        keys = [clean]
        for number, attack in enumerate(w.attacks):
            cost = w.cost + 0.1 * (number % 3) + slope * x + noise
            key = ids.digest([transfer, attack])
            scores = {
                language: self.attacked(margins[language] - cost, mu[language] - cost, found[language])
                for language in w.languages
            }
            spec = {"transfer": transfer, "clean": clean, "attack": attack, "rows": w.n, "severity": 0.1}
            self.record(key, "score", spec, {**told, "attack": attack, "scores": scores})
            if w.rows:
                self.predictions(key, {language: m - cost for language, m in margins.items()}, attacked=True)
            keys.append(key)
        self.cells.append({**place, "head": head, "target": head, "seed": seed, "transfer": transfer, "scores": keys})

    def share(self, margins, mu):
        """Of the rows themselves where they are written, else a draw with the same mean."""
        w = self.world
        return float(np.mean(margins > 0)) if w.rows else self.rng.binomial(w.n, ndtr(mu)) / w.n

    def attacked(self, margins, mu, clean):
        after = self.share(margins, mu)
        lost = max(clean - after, 0.0) / clean if clean else None
        return {
            "n": self.world.n, "reached": self.world.n, "clean": clean, "accuracy": after, "worst_case": min(clean, after),
            "success_rate": lost, "queries": 0.0, "edit_rate": 0.1, "survival": 0.9,
        }  # fmt: skip

    def record(self, key, step, spec, made):
        provenance = {
            "config": "pocket", "settings": {}, "backbone": BACKBONE, "packages": {"adaptstilts": "0.1.0"},
            "commit": "89abcdef" * 5, "dirty": False, "device": "cpu", "engine": "inline", **self.world.provenance,
        }  # fmt: skip
        cost = {"seconds": 1.0, "train_seconds": 0.5, "peak_memory": 2**20}
        record = whole(
            step, key=key, title=f"{step} {made['target']}", spec=spec, **made, cost=cost, provenance=provenance
        )
        folder = self.folder / "steps" / key
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "record.json").write_text(json.dumps(record))

    def predictions(self, key, margins, attacked=False):
        lines = []
        for language, values in margins.items():
            for number, margin in enumerate(values):
                line = {"language": language, "id": f"{language}-{number}", "source": str(number), "prediction": "1"}
                line |= {"score": float(margin > 0), "margin": float(margin)}
                line |= {"outcome": "edited", "edits": 3, "rate": 0.1, "queries": 0} if attacked else {}
                lines.append(line)
        pq.write_table(pa.Table.from_pylist(lines), self.folder / "steps" / key / "predictions.parquet")
