"""The verdict in one of six fixed sentences, with its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from adaptstilts.report.verdict.findings import Verdict
from adaptstilts.statistics.clustered_interval import Interval

KINDS = {
    "exacerbates": "SCALING K EXACERBATES THE LOSS OF ROBUSTNESS, beyond what clean accuracy explains",
    "accuracy": "THE LOSS OF ROBUSTNESS GROWS WITH K, as the shift in clean accuracy explains",
    "mitigates": "SCALING K MITIGATES THE LOSS OF ROBUSTNESS, beyond what clean accuracy explains",
    "shrinks": "THE LOSS OF ROBUSTNESS SHRINKS WITH K, as the shift in clean accuracy explains",
    "none": "NO PRACTICALLY RELEVANT EFFECT OF K",
    "inconclusive": "INCONCLUSIVE",
}
"""The six verdicts, in the order in which their conditions are asked."""

DASH = "–"
"""What is not there."""


def sentence(v: Verdict) -> str:
    """One of the six sentences with its numbers."""
    if not math.isfinite(v.beta):
        return f"{KINDS['inconclusive']}: no slope over k can be drawn: {nothing(v)}. {_to_run(v)}"
    said = (
        f"Over {_over(v)}, robustness cost changed by beta = {v.beta:+.4f} probit units per doubling of k"
        f"{_points(v, v.beta)} ({_confidence(v)}; effective-robustness slope {_rho(v)}; "
        f"TOST within ±{v.plan.sesoi:g}: p = {p_value(v.tost_p)}): {KINDS[v.kind]}"
    )
    return said + (_doubt(v) if v.kind == "inconclusive" else _with(v)) + "."


def _over(v: Verdict) -> str:
    missing = v.R * v.T - v.slope.units
    whole = f"{_count(v.R, 'ordering')} x {_count(v.T, 'head')}"
    return whole + (f" ({missing} of {v.R * v.T} trajectories missing; heads count alike)" if missing else "")


def _points(v: Verdict, probits: float) -> str:
    """The same in points of accuracy, where there are scores to say it by."""
    told = v.in_points(probits)
    return f" ({told:+.1f} points where attacked scores are near {100 * v.points[1]:.0f} %)" if v.points else ""


def nothing(v: Verdict) -> str:
    """Why there is no slope at all."""
    waits = f"; {_count(v.pending, 'planned step')} {'is' if v.pending == 1 else 'are'} not done" if v.pending else ""
    if v.left_out:
        return f"nothing is left that could be compared over k; left out: {counted(v.left_out)}{waits}"
    return f"no head was attacked at {max(2, v.plan.levels)} values of k of 1 and more{waits}"


def _to_run(v: Verdict) -> str:
    """What would give a slope, where there is none."""
    levels = [k for k in v.plan.k if k >= 1]
    if v.pending:
        return "To get one: go on with the sweep by the command that began it, which does what is left."
    if len(levels) < 2 and not v.plan.sweep:
        return (
            "To get one: run a sweep over k, `adaptstilts sweep pocket-k` or one of your own (`adaptstilts new sweep`); single runs are "
            "held against each other by `adaptstilts compare`."
        )
    if len(levels) < 2:
        has = ", ".join(map(str, v.plan.k))
        return f"To get one: give the sweep, which has k {has}, two values of k from 1 on (--set sweep.k=[0,1,2,4])."
    if v.left_out:
        return "To get one: make anew what was left out (“What is left out” in docs/verdict.md tells what each reason takes)."
    return "To get one: attack its models (`evaluation.attacks` of its config) in a language that they were not trained in."


def largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons with their counts, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: -pair[1])


def counted(counts: Mapping[str, int]) -> str:
    """Reasons with their counts in one line."""
    return ", ".join(f"{reason} ({count:,})" for reason, count in largest(counts))


def _with(v: Verdict) -> str:
    small = -v.plan.sesoi < v.narrow[0] and v.narrow[1] < v.plan.sesoi and v.kind != "none"
    about = f", for tasks like the {v.evidence.tasks} of the pool" if v.evidence.tasks else ""
    alone = ", for the one head there is" if v.T == 1 else ""
    return about + (", though by less than the smallest effect of interest" if small else "") + alone


def _doubt(v: Verdict) -> str:
    """Why there is no answer: the first thing that stands in its way."""
    if v.R < 2:
        return "; one ordering cannot tell how many adapters from which ones"
    if not math.isfinite(v.mds):
        return "; there is no interval"
    seen = v.evidence
    if seen.side:
        return f"; the cost {'grows' if seen.side > 0 else 'falls'}, but {_untold(v)}"
    if v.slope.low > 0 or v.slope.high < 0:
        agree = ", ".join(name for name, cost in seen.costs.items() if cost.low > 0 or cost.high < 0)
        return f"; the cost changes on the {agree} scale but not on all ({', '.join(seen.costs)}): the choice of scale may be why"
    alone = ""
    if seen.pool.low > 0 or seen.pool.high < 0:
        way = "grows" if seen.pool.low > 0 else "falls"
        alone = f"; with these {seen.tasks} tasks the cost {way}, but which tasks they are may be why"
    mds = f"{v.mds:.4f} probit units{_points(v, v.mds)}" if v.points else f"{v.mds:.4f}"
    return f"{alone}; minimum detectable slope = {mds} (power 80 %)"


def _untold(v: Verdict) -> str:
    """Why a change of the cost is not told from one of clean accuracy."""
    seen = v.evidence
    if not seen.readings:
        return "without k = 0 models of other accuracy nothing tells it from an accuracy effect"
    if v.T < 2:
        return "one head has one line of k = 0 models, whose own error cannot be seen"
    if out := [span for span in seen.spans if span.outside]:
        where = ", ".join(dict.fromkeys(span.target for span in out))
        return f"clean accuracy of {where} lies outside the range of the k = 0 models, where their line says nothing"
    if any(reading.excess.units != v.slope.units for reading in seen.readings):
        return "the k = 0 models lack scores, or are too much alike, for a line of every head"
    against = [r.name for r in seen.readings if not (r.excess.high < 0 if seen.side > 0 else r.excess.low > 0)]
    return f"the k = 0 models cannot tell it from an accuracy effect (not beyond it: {against[0]}{_more(against)})"


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more readings" if len(names) > 1 else ""


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
