"""The verdict in one of five fixed sentences, with its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from adaptstilts.report.verdict.findings import Verdict
from adaptstilts.statistics.clustered_interval import Interval

KINDS = {
    "exacerbates": "SCALING K EXACERBATES THE LOSS OF ROBUSTNESS, beyond what clean accuracy explains",
    "accuracy": "THE LOSS OF ROBUSTNESS GROWS WITH K, as the shift in clean accuracy explains",
    "none": "NO PRACTICALLY RELEVANT EFFECT OF K",
    "mitigates": "SCALING K MITIGATES THE LOSS OF ROBUSTNESS",
    "inconclusive": "INCONCLUSIVE",
}
"""The five verdicts, in the order in which their conditions are asked."""

DASH = "–"
"""What is not there."""


def sentence(v: Verdict) -> str:
    """One of the five sentences with its numbers."""
    if not math.isfinite(v.beta):
        return f"{KINDS['inconclusive']}: {nothing(v)}."
    said = (
        f"Over {_count(v.R, 'ordering')} x {_count(v.T, 'head')}, robustness cost changed by beta = {v.beta:+.4f} probit units "
        f"per doubling of k ({_confidence(v)}; effective-robustness slope {_rho(v)}; "
        f"TOST within ±{v.plan.sesoi:g}: p = {p_value(v.tost_p)}): {KINDS[v.kind]}"
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
        f"crossed clusters t({v.df:.1f}), p = {p_value(v.p)}"
    )


def _rho(v: Verdict) -> str:
    return _ci(v.rho) if v.rho else "n/a"


def estimate(found: Interval) -> tuple[str, ...]:
    """Mean, interval, degrees of freedom and p as text."""
    if not math.isfinite(float(found.mean)):
        return (DASH,) * 4
    if not math.isfinite(float(found.se)):
        return f"{float(found.mean):+.4f}", DASH, DASH, DASH
    return f"{float(found.mean):+.4f}", span(found.low, found.high), f"{float(found.df):.1f}", p_value(found.p)


def _ci(found: Interval) -> str:
    mean, reach, *_ = estimate(found)
    return f"{mean} ({reach})" if reach != DASH else mean


def span(low: Any, high: Any) -> str:
    """An interval as text."""
    return f"{float(low):+.4f} to {float(high):+.4f}" if math.isfinite(float(low)) else DASH


def p_value(value: Any) -> str:
    """A p as text."""
    if value is None or not math.isfinite(float(value)):
        return DASH
    return "<.0001" if float(value) < 1e-4 else f"{float(value):.4f}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
