"""The verdict in words: five fixed sentences with their numbers, and a plain-text page of everything behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adaptstilts.report.verdict.verdict import Verdict
    from adaptstilts.statistics.clusters import Interval

KINDS = {
    "exacerbates": "SCALING K EXACERBATES THE LOSS OF ROBUSTNESS, beyond what clean accuracy explains",
    "accuracy": "THE LOSS OF ROBUSTNESS GROWS WITH K, as the shift in clean accuracy explains",
    "none": "NO PRACTICALLY RELEVANT EFFECT OF K",
    "mitigates": "SCALING K MITIGATES THE LOSS OF ROBUSTNESS",
    "inconclusive": "INCONCLUSIVE",
}
"""The five verdicts, in the order in which their conditions are asked."""

REGISTERED = {
    "yes": "preregistered: every score that counts was made after the plan",
    "changed": "changed since: a plan is registered, but plan, sweep or some scores are not the ones it came before",
    "no": "not preregistered: read it as exploratory",
}
DASH = "–"


def sentence(v: Verdict) -> str:
    """One of the five sentences with its numbers."""
    if not math.isfinite(v.beta):
        return f"{KINDS['inconclusive']}: {nothing(v)}."
    said = (
        f"Over {_count(v.R, 'ordering')} x {_count(v.T, 'head')}, robustness cost changed by beta = {v.beta:+.4f} probit units "
        f"per doubling of k ({_confidence(v)}; effective-robustness slope {_rho(v)}; "
        f"TOST within ±{v.plan.sesoi:g}: p = {_p(v.tost_p)}): {KINDS[v.kind]}"
    )
    return said + _because(v) + "."


def nothing(v: Verdict) -> str:
    """Why there is no slope at all."""
    waits = f"; {_count(v.pending, 'planned step')} {'is' if v.pending == 1 else 'are'} not done" if v.pending else ""
    if v.left_out:
        return f"nothing is left that could be compared over k; left out: {counted(v.left_out)}{waits}"
    return f"no head was attacked at {max(2, v.plan.levels)} values of k of 1 and more{waits}"


def largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons with their counts, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: -pair[1])


def counted(counts: Mapping[str, int]) -> str:
    """Reasons with their counts in one line."""
    return ", ".join(f"{reason} ({count:,})" for reason, count in largest(counts))


def _because(v: Verdict) -> str:
    if v.kind != "inconclusive":
        small = -v.plan.sesoi < v.narrow[0] and v.narrow[1] < v.plan.sesoi and v.kind != "none"
        alone = v.T == 1 and ", for the one head there is"
        return (", though by less than the smallest effect of interest" if small else "") + (alone or "")
    if v.R < 2:
        return "; one ordering cannot tell how many adapters from which ones"
    if not math.isfinite(v.mds):
        return "; there is no interval"
    if v.slope.low > 0:
        return "; the cost grows, but without k = 0 models of other accuracy nothing tells it from an accuracy effect"
    return f"; minimum detectable slope = {v.mds:.4f} (power 80 %)"


def _confidence(v: Verdict) -> str:
    if not math.isfinite(float(v.slope.se)):
        return "no interval"
    return (
        f"{100 * v.slope.level:g} % CI {v.slope.low:+.4f} to {v.slope.high:+.4f}, "
        f"crossed clusters t({v.df:.1f}), p = {_p(v.p)}"
    )


def _rho(v: Verdict) -> str:
    return _ci(v.rho) if v.rho else "n/a"


def text(v: Verdict) -> str:
    """The whole verdict as plain text for a terminal."""
    return "\n".join(_lines(v)) + "\n"


def _lines(v: Verdict) -> Iterator[str]:
    yield f"verdict on {v.plan.sweep or 'the records'}: {KINDS[v.kind]}"
    yield from ("", v.sentence, "")
    yield f"plan {v.plan.digest}, {REGISTERED[v.registration]}"
    weights = ", ".join(f"{name} {weight:g}" if weight != 1 else name for name, weight in v.plan.attacks.items())
    yield f"D is the mean over {weights} and all languages but the source language; k {', '.join(map(str, v.plan.k))}"
    yield from ("", *_table(_measures(v)), "")
    yield from ("by head (Holm-adjusted over heads; confirmatory only if beta's interval leaves 0 out)", "")
    heads = [(h.head, *_row(h.slope), _p(h.holm)) for h in v.heads]
    yield from _table([("head", *_TITLES, "Holm"), *heads])
    if v.controls:
        more = f"how much more {v.plan.composition} costs at equal k"
        yield from ("", f"beside it: slopes of D; {more}; the gain over `none` in clean accuracy abroad", "")
        controls = [
            (c.composition, *_row(c.slope)[:2], _p(c.slope.p), *_row(c.difference)[:2], *_row(c.gain)[:2])
            for c in v.controls
        ]
        yield from _table([("", "slope", "CI", "p", f"{v.plan.composition} costs more", "CI", "gain", "CI"), *controls])
    yield from ("", *(f"{name}: {told}" for name, told in secondary(v)))
    yield f"minimum detectable slope at 80 % power: {v.mds:.4f}" if math.isfinite(v.mds) else "no detectable slope"
    yield ""
    yield f"{v.counted} attacked scores by language count" + (
        f"; {v.pending} planned steps are not done" if v.pending else ""
    )
    for heading, counts in (("left out", v.left_out), ("not asked for by the plan", v.outside)):
        if counts:
            yield f"{heading}: {counted(counts)}"


_TITLES = ("estimate", "CI", "t df", "p")


def _measures(v: Verdict) -> list[tuple[str, ...]]:
    named: list[tuple[str, Interval | None]] = [
        ("beta: D per doubling of k (probit)", v.slope),
        ("effective robustness per doubling (accuracy)", v.rho),
        ("D from k = 0 to k = 1 (probit)", v.first),
        ("logit D per doubling", v.logit),
        ("clean score per doubling (probit)", v.clean),
        (f"gain of {v.plan.composition} over `none` (clean accuracy abroad)", v.gain),
        ("beta, conservative: floored, df = min(R, T) - 1", v.floored),
    ]
    rows = [(name, *(_row(found) if found else (DASH,) * 4)) for name, found in named]
    tost = ("TOST: beta within the smallest effect", f"±{v.plan.sesoi:g}", _range(*v.narrow), DASH, _p(v.tost_p))
    return [("", *_TITLES), *rows, tost]


def secondary(v: Verdict) -> Iterator[tuple[str, str]]:
    """Second opinions as (name, numbers): Page's trend and the mixed model."""
    page, mixed = v.page, v.mixed
    trend = (
        f"L = {page.statistic:.0f}, p = {_p(page.p)} (one-sided, growing)" if page.statistic is not None else page.note
    )
    yield "Page's trend", trend
    flags = [name for name, holds in (("not converged", not mixed.converged), ("singular", mixed.singular)) if holds]
    told = f"slope {mixed.slope:+.4f}" if mixed.slope is not None else mixed.note
    told += f" (se {mixed.se:.4f}, p = {_p(mixed.p)})" if mixed.se is not None else ""
    yield "mixed model", told + (f" [{', '.join(flags)}]" if flags and mixed.slope is not None else "")


def _row(found: Interval) -> tuple[str, ...]:
    if not math.isfinite(float(found.mean)):
        return (DASH,) * 4
    if not math.isfinite(float(found.se)):
        return f"{float(found.mean):+.4f}", DASH, DASH, DASH
    return f"{float(found.mean):+.4f}", _range(found.low, found.high), f"{float(found.df):.1f}", _p(found.p)


def _ci(found: Interval) -> str:
    estimate, reach, *_ = _row(found)
    return f"{estimate} ({reach})" if reach != DASH else estimate


def _range(low: Any, high: Any) -> str:
    return f"{float(low):+.4f} to {float(high):+.4f}" if math.isfinite(float(low)) else DASH


def _p(value: Any) -> str:
    if value is None or not math.isfinite(float(value)):
        return DASH
    return "<.0001" if float(value) < 1e-4 else f"{float(value):.4f}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  " + "  ".join([first, *others]).rstrip()
