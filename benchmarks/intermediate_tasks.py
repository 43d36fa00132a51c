"""What each English intermediate task does to each target: the tables of `docs/intermediate-tasks.md`, from a store of `phang-small`.

    adaptstilts sweep phang-small --data DIR --out STORE --engine processes      DIR holds rows in the Hub's layout
    python benchmarks/intermediate_tasks.py --store STORE                        prints the tables

A composition is held against `none` over the same test rows of all languages but English; rows that are translations of one example
are drawn together (`adaptstilts compare`). Intervals are 95 %, of test rows alone: each head was trained once a seed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from adaptstilts import load_frame
from adaptstilts.report.comparison.compare import compare
from adaptstilts.statistics.paired_bootstrap import BootstrapInterval
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.records.manifest import ManifestCell
from adaptstilts.store.store import Store

SWEEP, SOURCE = "phang-small", "en"


@dataclass(frozen=True)
class Arm:
    """A composition on one target: shares by language, rows scored abroad, and what it gains there over `none` (None: not told)."""

    name: str
    values: Mapping[str, float]
    rows: int
    chance: float
    gain: BootstrapInterval | None

    @property
    def abroad(self) -> Mapping[str, float]:
        return {code: value for code, value in self.values.items() if code != SOURCE}

    @property
    def mean(self) -> float:
        return sum(self.abroad.values()) / len(self.abroad)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True, help="where the sweep was run")
    store = Store(parser.parse_args().store)
    manifest = read_manifest(store, SWEEP)
    frame = load_frame(store.root)
    targets = dict.fromkeys(cell.target for cell in manifest.cells)
    found = {
        target: _arms(store, frame, [cell for cell in manifest.cells if cell.target == target]) for target in targets
    }
    tables = {target: arms for target, arms in found.items() if arms}
    missing = sum(not store.done(key) for cell in manifest.cells for key in (cell.transfer, *cell.scores))
    print(f"{len(manifest.cells)} cells, {missing} steps not done.\n")
    print(_gains(tables))
    for target, arms in tables.items():
        print(_details(target, arms))


def _arms(store: Store, frame: pd.DataFrame, cells: Sequence[ManifestCell]) -> list[Arm]:
    """The finished cells of a target, `none` first."""
    done = [cell for cell in cells if all(store.done(key) for key in (cell.transfer, *cell.scores))]
    start = next((cell for cell in done if cell.composition == "none"), None)
    if start is None:
        return []
    rest = [cell for cell in done if cell is not start]
    gains: dict[str, BootstrapInterval] = {}
    if rest:
        line = compare(store, [store.transfer(cell.transfer) for cell in (start, *rest)]).lines[0]
        gains = dict(zip((cell.transfer for cell in rest), line.differences, strict=True))
    return [_arm(cell, frame[frame["transfer"] == cell.transfer], gains.get(cell.transfer)) for cell in (start, *rest)]


def _arm(cell: ManifestCell, scores: pd.DataFrame, gain: BootstrapInterval | None) -> Arm:
    clean = scores[scores["attack"].isna() & scores["challenge"].isna()]
    away = clean[clean["language"] != SOURCE]
    values = dict(zip(clean["language"], clean["value"].astype(float), strict=True))
    return Arm(_name(cell), values, int(away["n"].sum()), float(away["chance"].mean()), gain)


def _name(cell: ManifestCell) -> str:
    if cell.composition == "none":
        return "none"
    if cell.composition == "single":
        return f"`{cell.tasks[0]}`"
    return f"{cell.composition} of {' '.join(cell.tasks) if cell.k < 4 else cell.k}"


def _gains(tables: Mapping[str, Sequence[Arm]]) -> str:
    """Points abroad over `none`, a line a composition, a column a target; the last is the mean over targets that every line has."""
    names = list(dict.fromkeys(arm.name for arms in tables.values() for arm in arms if arm.gain))
    found = {target: {arm.name: arm.gain for arm in arms if arm.gain} for target, arms in tables.items()}
    whole = [target for target, gains in found.items() if len(gains) == len(names)]
    lines = [f"| over `none`, points | {' | '.join(tables)} | mean of {len(whole)} |"]
    lines.append("| --- " * (len(tables) + 2) + "|")
    for name in names:
        cells = [_told(gains[name]) if name in gains else "" for gains in found.values()]
        cells.append(_told(_mean([found[target][name] for target in whole])) if whole else "")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines) + "\n"


def _mean(gains: Sequence[BootstrapInterval]) -> BootstrapInterval:
    """The mean gain over targets, whose test rows are drawn apart: their errors' squares add up."""
    value = sum(gain.value for gain in gains) / len(gains)
    error = math.sqrt(sum(((gain.high - gain.low) / 2) ** 2 for gain in gains)) / len(gains)
    return BootstrapInterval(value, value - error, value + error)


def _told(gain: BootstrapInterval) -> str:
    text = f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
    return f"**{text}**" if gain.low > 0 or gain.high < 0 else text


def _details(target: str, arms: Sequence[Arm]) -> str:
    first = arms[0]
    lines = [
        f"### {target}\n",
        f"{len(first.abroad)} languages beside English, {first.rows:,} rows in them; chance {100 * first.chance:.1f}.\n",
    ]
    lines += ["| | English | mean abroad | over `none` | worst |", "| --- | --- | --- | --- | --- |"]
    for arm in arms:
        worst = min(arm.abroad, key=lambda code: arm.abroad[code])
        english = f"{100 * arm.values[SOURCE]:.1f}" if SOURCE in arm.values else "–"
        gain = _told(arm.gain) if arm.gain else ""
        lines.append(
            f"| {arm.name} | {english} | {100 * arm.mean:.1f} | {gain} | {worst} {100 * arm.abroad[worst]:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
