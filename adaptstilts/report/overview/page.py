"""A whole store as one HTML page: the verdict, figures and tables; no network, nothing outside the file but links to records."""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from adaptstilts.numerals import percent, plain, signed
from adaptstilts.report.caveats import caveats, generated, unlearnt_in
from adaptstilts.report.drawing.gallery import Shown, svg
from adaptstilts.report.edited import ATTACKS, EditedText, edited_texts, withheld
from adaptstilts.report.encoder import named
from adaptstilts.report.frame.selection import own_texts
from adaptstilts.report.overview.grids import Grid, Link, row
from adaptstilts.report.overview.published import comparison
from adaptstilts.report.overview.tables import all_tables
from adaptstilts.report.templates import FOLDER, template
from adaptstilts.report.text import said
from adaptstilts.report.verdict.grounds import recounted
from adaptstilts.report.verdict.sentence import KINDS, counted, largest
from adaptstilts.report.wording import REGISTERED, looked_at, secondary
from adaptstilts.store.records.record import ScoreRecord, TransferRecord
from adaptstilts.store.store import Store

FILE = "index.html"
PROVENANCE = (
    "config", "backbone", "commit", "dirty", "device", "precision", "engine", "python", "platform", "packages",
)  # fmt: skip
LINES = 400
"""Lines of a figure's table that stand in the page."""
PLAINLY = {
    "exacerbates": "The more adapters are fused, the less robust the model is, and more so than its clean score explains.",
    "accuracy": "The gap between clean and attacked scores grows with k, but no more than a change of clean accuracy alone would make it.",
    "none": "Whatever k does to robustness is smaller than the smallest effect that was declared to matter.",
    "mitigates": "The more adapters are fused, the less an attack costs, and less so than the clean score explains.",
    "shrinks": "The gap between clean and attacked scores shrinks with k, but no more than a change of clean accuracy alone would make it.",
    "inconclusive": "These runs can neither show an effect of k nor rule out one that matters. More orderings "
    "or heads would narrow it down.",
    "nothing": "There is no answer yet: it takes models of two values of k and more, attacked. The tables and figures below show what "
    "there is.",
    "alone": "The cost changes with k, but nothing here tells whether clean accuracy explains it: that takes models of other accuracy "
    "without adapters (the sweep's reference models), spread as far as the models with adapters are.",
}
"""What each verdict means to somebody who reads no statistics."""


def linking(store: Path, folder: Path) -> Link:
    """The way to a step's record from a page in `folder`; relative, so that store and page can move together."""
    way = Path(os.path.relpath(store.resolve() / "steps", folder.resolve())).as_posix()
    return lambda key: f"{quote(way)}/{quote(str(key), safe='')}/record.json"


def overview(
    frame: Any, verdict: Any, figures: Sequence[tuple[Shown, Sequence[Path]]], folder: Path, command: str = ""
) -> str:
    """The HTML of a page in `folder`, figures with their files; every text that comes from a record or a row is escaped."""
    link = linking(frame.store, folder)
    first = _first_records(frame)
    pocket = first is not None and generated(first[1])
    tables = [*all_tables(frame, verdict, link), comparison(frame, link, generated=pocket)]
    tables = [table for table in tables if table.lines or table.empty]
    examples = _edited(frame)
    listed = [("numbers", "numbers"), ("figures", "figures"), *((table.name, table.title.lower()) for table in tables)]
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    return template("report.html.j2").render(
        title=f"Report: {frame.sweep or frame.store.resolve().name}",
        about=list(_about(frame)),
        backbone=named(first[0].provenance.backbone) if first else None,
        answer=KINDS[verdict.kind],
        sentence=verdict.sentence,
        plainly=_plainly(verdict),
        limits=list(_limits(frame, verdict, first)),
        contents=[*listed, *([("examples", "attacked texts")] if examples else []), ("provenance", "provenance")],
        numbers=list(_numbers(verdict)),
        verdict_tables=[table for table in (heads(verdict), read(verdict), controls(verdict)) if table.lines],
        figures=[_figure(shown, files, folder) for shown, files in figures],
        languages=sorted(set(frame.clean["language"]) | set(frame.challenges["language"])),
        tables=tables,
        examples=[(example, link(example.key)) for example in examples],
        provenance=list(_provenance(frame, first[0] if first else None)),
        command=command,
        version=version("adaptstilts"),
        script=Markup(script),
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    )


def _edited(frame: Any) -> list[EditedText]:
    """Of each attack of a model with the most adapters a few texts that fell, where they may be shown."""
    chosen = own_texts(frame.cells)
    chosen = chosen.sort_values("k", ascending=False, kind="stable").drop_duplicates("attack").sort_values("attack")
    store, found = Store(frame.store), list[EditedText]()
    for key, attack in chosen[["score", "attack"]].head(ATTACKS).itertuples(index=False):
        record = store.score(key)
        if not withheld(record):
            found += edited_texts(store.steps, str(attack), record, record.scores)
    return found


def heads(verdict: Any) -> Grid:
    """The slope of each head."""
    told = [head for head in verdict.heads if math.isfinite(verdict.beta)]
    lines = [row(head.head, *_interval(head.slope), plain(head.holm, 4)) for head in told]
    headings = ("head", "slope", "low", "high", "p", "p, Holm")
    caption = (
        "Slope of the probit robustness cost per doubling of k by head, 95 % interval over orderings; p also adjusted for all "
        "heads (Holm 1979)."
    )
    return Grid("heads", "By head", caption, headings, lines, (0,))


def read(verdict: Any) -> Grid:
    """What clean accuracy explains, by every reading of the k = 0 models."""
    lines = [
        row(told.name, *_interval(told.excess)[:3], *_interval(told.expected)[:3]) for told in verdict.evidence.readings
    ]
    headings = ("reading", "beyond", "low", "high", "explained", "low", "high")
    caption = (
        "What the attacked score loses (below 0) or keeps beyond the line of the k = 0 models, and what cost that line explains, per "
        "doubling of k. A verdict has to hold under every reading: these models cannot tell which of them is right."
    )
    return Grid("readings", "Beyond clean accuracy", caption, headings, lines, (0,))


def controls(verdict: Any) -> Grid:
    """Controls and other compositions beside the question's."""
    lines = [
        row(
            *(other.composition, other.role, ", ".join(f"{k:g}" for k in other.k)),
            *(*_interval(other.slope)[:3], *_interval(other.difference)[:3], *_gain(other.gain)),
        )
        for other in verdict.controls
    ]
    headings = ("composition", "role", "k", "slope", "low", "high", "difference", "low", "high", "gain", "low", "high")
    caption = (
        "Slopes of other compositions on the same heads, with 95 % intervals, and how much more the question's "
        "composition costs at equal k; gain: clean score over none without the source language, in points. "
        "An effect that a control of the same size shows too is one of size, not of the tasks."
    )
    return Grid("others", "Controls and other compositions", caption, headings, lines, (0, 1, 2))


def _gain(found: Any) -> list[str]:
    """A gain in clean accuracy with its interval, in points."""
    return [signed(100 * value, 1) for value in (found.mean, found.low, found.high)]


def _plainly(verdict: Any) -> str:
    if verdict.points is None:
        return PLAINLY["nothing"]
    alone = verdict.kind == "inconclusive" and verdict.evidence.side != 0
    points, score = verdict.points
    unsure = not (verdict.slope.low > 0 or verdict.slope.high < 0)
    size = (
        f" Estimate: {abs(points):.1f} points {'lost' if points > 0 else 'gained'} per doubling of k where attacked scores are "
        f"near {percent(score, 0)} %{', not told from 0' if unsure else ''}."
    )
    return PLAINLY["alone" if alone else verdict.kind] + size


def _interval(found: Any) -> tuple[str, ...]:
    return signed(found.mean), signed(found.low), signed(found.high), plain(found.p, 4)


def _about(frame: Any) -> Iterator[tuple[str, str]]:
    cells, clean = frame.cells, frame.clean
    yield "sweep", frame.sweep or "none: all finished transfers of the store"
    yield "targets", ", ".join(sorted(set(clean["target"]))) or "none"
    yield "k", ", ".join(f"{k:g}" for k in sorted(set(clean[clean["role"] == "k"]["k"]))) or "none"
    yield "orderings", str(clean[clean["role"] == "k"]["ordering"].nunique())
    yield "models", f"{frame.transfers['transfer'].nunique():,}"
    yield "scores", f"{clean['score'].nunique():,} clean, {cells['score'].nunique():,} attacked"
    yield "languages", str(clean["language"].nunique())
    yield "attacks", ", ".join(sorted(set(cells["attack"]))) or "none"


def _limits(frame: Any, verdict: Any, first: tuple[TransferRecord, ScoreRecord] | None) -> Iterator[tuple[str, str]]:
    if first:
        yield from caveats(*first)
    if len(frame.precisions) > 1:
        made = ", ".join(f"{count:,} in {name}" for name, count in sorted(frame.precisions.items()))
        yield "More than one precision.", f"Of the transfers and scores {made}: compared, they differ by rounding too."
    yield from unlearnt_in(frame)
    if not verdict.preregistered:
        yield "Not a preregistered test.", f"The plan is {REGISTERED[verdict.registration]}."
    if not verdict.grounds.held:
        yield "Looked at before the end.", "Stopping when one likes what one sees errs more often than the level says."
    if verdict.pending:
        yield "Not complete.", f"{verdict.pending:,} planned steps are not done; the numbers may still change."
    if count := len(frame.problems):
        yield (
            "Not everything reads.",
            f"{count:,} records do not read back, or are not as they were made; “left out” names them.",
        )
    if verdict.left_out:
        gone = f"Attacked scores by language that the plan asks for and that are left out: {counted(verdict.left_out)}."
        yield "Not everything counts.", gone


def _numbers(verdict: Any) -> Iterator[tuple[str, str]]:
    """The verdict's numbers as (label, text), those of slopes where there is one."""
    if math.isfinite(verdict.beta):
        yield from _slopes(verdict)
    yield "orderings × heads", f"{verdict.R} × {verdict.T}; {verdict.slope.units} trajectories"
    yield "attacks in the plan", ", ".join(verdict.plan.attacks) or "none"
    yield "scores that count", f"{verdict.counted:,} attacked scores by language"
    for reason, count in largest(verdict.left_out):
        yield f"left out: {reason}", f"{count:,}"
    if verdict.outside:
        yield "not asked for by the plan", counted(verdict.outside)
    yield "plan", f"{verdict.plan.digest}, {REGISTERED[verdict.registration]}"
    yield "to be posted, or held against what was", verdict.plan.line
    yield "scores counted again from their predictions", recounted(verdict.grounds)


def _slopes(verdict: Any) -> Iterator[tuple[str, str]]:
    named = {
        "slope of cost per doubling of k (beta), for tasks like these": verdict.slope,
        f"the same for these {verdict.evidence.tasks} tasks alone": verdict.evidence.pool,
        **{f"the same on the {name} scale": cost for name, cost in verdict.evidence.costs.items() if name != "probit"},
        "slope of effective robustness (the reading that says least)": verdict.rho,
        "step from k = 0 to k = 1": verdict.first,
        "slope of the clean score (probit)": verdict.clean, "gain over none (clean accuracy)": verdict.gain,
        "beta, conservative interval (floored two-way cluster t, df = min(R, T) - 1)": verdict.floored,
    }  # fmt: skip
    for label, found in named.items():
        yield label, _spelt(found)
    for label, told in secondary(verdict):
        yield f"{label} (secondary)", told
    yield from looked_at(verdict)
    low, high = verdict.narrow
    yield (
        "smallest effect of interest",
        f"±{verdict.plan.sesoi:g} probit units per doubling{_points(verdict, verdict.plan.sesoi)}",
    )
    reach = f"{100 * (1 - 2 * verdict.alpha):.4g} % interval {signed(low)} to {signed(high)}"
    yield "equivalence (TOST)", f"p = {plain(verdict.tost_p, 4)}; {reach}"
    yield "minimum detectable slope (power 80 %)", f"{plain(verdict.mds, 4)}{_points(verdict, verdict.mds)}"


def _points(verdict: Any, probits: float) -> str:
    return f" ({verdict.in_points(probits):.1f} points)" if verdict.points and probits == probits else ""


def _spelt(found: Any) -> str:
    if found is None or found.mean != found.mean:
        return "n/a"
    if found.low != found.low:
        return f"{signed(found.mean)}, no interval"
    reach = f"{100 * found.level:g} % interval {signed(found.low)} to {signed(found.high)}"
    return f"{signed(found.mean)} ({reach}; t({found.df:.1f}), p = {plain(found.p, 4)})"


def _figure(shown: Shown, files: Sequence[Path], folder: Path) -> dict[str, Any]:
    figure, drawn = shown.figure, shown.drawn
    told = {"number": figure.number, "name": figure.name, "title": figure.title, "reason": shown.reason}
    if drawn is None:
        return {**told, "needs": "" if shown.broken else figure.needs, "svg": ""}
    csv = drawn.csv(LINES, float_format="%.6g")
    rest = len(drawn.data) - LINES
    more = f"… and {rest} lines more (--format csv writes them all)\n" if rest > 0 else ""
    ways = [(path.suffix[1:].upper(), quote(Path(os.path.relpath(path, folder)).as_posix())) for path in files]
    return {**told, "svg": svg(shown), "caption": drawn.caption, "csv": csv + more, "files": ways}


def _first_records(frame: Any) -> tuple[TransferRecord, ScoreRecord] | None:
    """A transfer's record and its clean score's, for what all of them share; None where there is none."""
    if not len(frame.clean):
        return None
    store, first = Store(frame.store), frame.clean.iloc[0]
    return store.transfer(first["transfer"]), store.score(first["score"])


def _provenance(frame: Any, transfer: TransferRecord | None) -> Iterator[tuple[str, str]]:
    yield "store", frame.store.name
    if frame.sweep:
        yield "sweep", f"{frame.sweep} {frame.digest}"
    own = transfer.provenance.plain() if transfer else {}
    for name in PROVENANCE:
        if name == "dirty":
            yield "uncommitted changes", {True: "yes", False: "no"}.get(own.get(name, ""), "n/a")
        elif name in own:
            yield name, said(own[name])
    if transfer:
        yield "said by", f"the record of {transfer.title}; what differs from it is under “left out”"
