"""The verdict as a plain-text page: the sentence, and everything behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import ndtr

from adaptstilts.report.verdict.findings import Verdict
from adaptstilts.report.verdict.grounds import recounted
from adaptstilts.report.verdict.sentence import DASH, KINDS, counted, estimate, p_value, span
from adaptstilts.statistics.clustered_interval import Interval

REGISTERED = {
    "yes": "preregistered: every score that counts was made after the plan, and so was every transfer",
    "late": "registered late: transfers of the sweep are older, and who has a transfer can know its scores",
    "unshown": "registered, but no whole journal shows that it came first",
    "changed": "changed since: a plan is registered, but plan, sweep or some scores are not the ones it came before",
    "no": "not preregistered: read it as exploratory",
}


def text(v: Verdict) -> str:
    """The whole verdict as plain text for a terminal."""
    return "\n".join(_lines(v)) + "\n"


def _lines(v: Verdict) -> Iterator[str]:
    yield f"verdict on {v.plan.sweep or 'the records'}: {KINDS[v.kind]}"
    yield from ("", v.sentence, "")
    yield f"plan {v.plan.digest}, {REGISTERED[v.registration]}"
    yield v.plan.line
    weights = ", ".join(f"{name} {weight:g}" if weight != 1 else name for name, weight in v.plan.attacks.items())
    yield f"D is the mean over {weights} and all languages but the source language; k {', '.join(map(str, v.plan.k))}"
    if math.isfinite(v.beta):
        yield from ("", *_table(_measures(v)), "")
        yield from ("by head (Holm-adjusted over heads; confirmatory only if beta's interval leaves 0 out)", "")
        heads = [(h.head, *estimate(h.slope), p_value(h.holm)) for h in v.heads]
        yield from _table([("head", *_TITLES, "Holm"), *heads])
    if v.controls:
        more = f"how much more {v.plan.composition} costs at equal k"
        yield from ("", f"beside it: slopes of D; {more}; the gain over `none` in clean accuracy abroad", "")
        controls = [
            (
                c.composition,
                *estimate(c.slope)[:2],
                p_value(c.slope.p),
                *estimate(c.difference)[:2],
                *estimate(c.gain)[:2],
            )
            for c in v.controls
        ]
        yield from _table([("", "slope", "CI", "p", f"{v.plan.composition} costs more", "CI", "gain", "CI"), *controls])
    if v.evidence.readings:
        yield from (
            "",
            "beyond what clean accuracy explains, by every reading of the k = 0 models (attacked score per doubling)",
            "",
        )
        rows = [(r.name, *estimate(r.excess)[:2], *estimate(r.expected)[:2]) for r in v.evidence.readings]
        yield from _table([("", "beyond", "CI", "cost explained", "CI"), *rows])
    if math.isfinite(v.beta):
        yield from ("", *(f"{name}: {told}" for name, told in (*secondary(v), *looked_at(v))))
        points = f" ({v.in_points(v.mds):.1f} points)" if v.points else ""
        yield (
            f"minimum detectable slope at 80 % power: {v.mds:.4f}{points}"
            if math.isfinite(v.mds)
            else "no detectable slope"
        )
    yield ""
    waits = f"; {v.pending} planned steps are not done" if v.pending else ""
    yield f"{v.counted} attacked scores by language count{waits}"
    yield f"scores counted again from their predictions: {recounted(v.grounds)}"
    for heading, counts in (("left out", v.left_out), ("not asked for by the plan", v.outside)):
        if counts:
            yield f"{heading}: {counted(counts)}"


_TITLES = ("estimate", "CI", "t df", "p")


def _measures(v: Verdict) -> list[tuple[str, ...]]:
    named: list[tuple[str, Interval | None]] = [
        ("beta: D per doubling of k (probit)", v.slope),
        (f"the same for these {v.evidence.tasks} tasks alone", v.evidence.pool),
        *((f"the same on the {name} scale", cost) for name, cost in v.evidence.costs.items() if name != "probit"),
        ("effective robustness per doubling (the reading that says least)", v.rho),
        ("D from k = 0 to k = 1 (probit)", v.first),
        ("clean score per doubling (probit)", v.clean),
        (f"gain of {v.plan.composition} over `none` (clean accuracy abroad)", v.gain),
        ("beta, conservative: floored, df = min(R, T) - 1", v.floored),
    ]
    rows = [(name, *(estimate(found) if found else (DASH,) * 4)) for name, found in named]
    tost = ("TOST: beta within the smallest effect", f"±{v.plan.sesoi:g}", span(*v.narrow), DASH, p_value(v.tost_p))
    return [("", *_TITLES), *rows, tost]


def secondary(v: Verdict) -> Iterator[tuple[str, str]]:
    """Second opinions as (name, numbers): Page's trend and the mixed model."""
    page, mixed = v.page, v.mixed
    trend = "" if page.statistic is None else f"L = {page.statistic:.0f}, p = {p_value(page.p)} (one-sided, growing)"
    yield "Page's trend", trend or page.note
    flags = [name for name, holds in (("not converged", not mixed.converged), ("singular", mixed.singular)) if holds]
    told = f"slope {mixed.slope:+.4f}" if mixed.slope is not None else mixed.note
    told += f" (se {mixed.se:.4f}, p = {p_value(mixed.p)})" if mixed.se is not None else ""
    yield "mixed model", told + (f" [{', '.join(flags)}]" if flags and mixed.slope is not None else "")


def looked_at(v: Verdict) -> Iterator[tuple[str, str]]:
    """Where the line of the k = 0 models was looked at, and what margins say of the scale, as (name, numbers)."""
    for range_ in v.evidence.spans:
        own, line = (
            " to ".join(f"{100 * ndtr(end):.1f}" for end in ends) for ends in (range_.models, range_.references)
        )
        beyond = ": outside, where the line says nothing" if range_.outside else ""
        yield f"clean accuracy of {range_.target}, {range_.by}", f"{own} % over k; k = 0 models {line} %{beyond}"
    for target, steep in v.evidence.margins.items():
        told = f"an attacked score would move {steep:.2f} probits with one of the clean one (1 if margins are Gaussian)"
        yield f"margins of {target}, if all shifted alike", told


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, *cells in rows:
        line = [name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, others, strict=True))]
        yield "  " + "  ".join(line).rstrip()
