"""Does scaling k cost adversarial robustness? The verdict on a frame by a plan, from its trajectories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from adaptstilts.config.sections import Evaluation
from adaptstilts.plan.sweeps.registration import design_digest, strengths
from adaptstilts.report.frame import Frame
from adaptstilts.report.verdict.evidence import Evidence, evidence
from adaptstilts.report.verdict.findings import Control, HeadSlope, Kind, Verdict
from adaptstilts.report.verdict.gains import clean_means
from adaptstilts.report.verdict.grounds import grounds, standing, tested
from adaptstilts.report.verdict.sentence import sentence
from adaptstilts.report.verdict.trajectories import Trajectories, trajectories
from adaptstilts.statistics.clustered_interval import detectable, equivalence, finite, interval
from adaptstilts.statistics.secondary import adjusted, mixed_model, page_trend
from adaptstilts.statistics.slopes import difference_table, first_step, gain_table, slope_table
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.registration import Plan, registered
from adaptstilts.store.store import Store


def verdict(frame: Frame, plan: Plan | None = None) -> Verdict:
    """The verdict on a frame by a plan: the registered one of its store, or else the one that its cells suggest."""
    chosen = plan or registered(frame.store) or suggested(frame)
    found = trajectories(frame, chosen)
    stands = grounds(frame, chosen, found.used)
    whole, chosen = chosen, tested(chosen, stands)
    mine = found.of("k", chosen.composition)
    level = 1 - chosen.alpha
    seen = evidence(frame, chosen, found)
    slope, gains = seen.slope, clean_means(frame, chosen.exclusions)
    told = Verdict(
        kind=decide(seen, chosen),
        sentence="",
        plan=whole,
        evidence=seen,
        tost_p=float(equivalence(slope, chosen.sesoi)),
        narrow=tuple(float(end) for end in slope.at(1 - 2 * chosen.alpha)),  # type: ignore[arg-type]
        mds=float(detectable(slope)),
        floored=interval(slope_table(mine, "D", chosen.levels), level, floored=True),
        first=interval(first_step(mine), level),
        clean=interval(slope_table(mine, "clean_probit", chosen.levels), level),
        gain=interval(gain_table(gains, "k", chosen.composition), level),
        heads=_by_head(mine, chosen),
        controls=tuple(_controls(found, chosen, gains)),
        page=page_trend(mine),
        mixed=mixed_model(mine),
        left_out=found.left_out,
        outside=found.outside,
        counted=int(mine.loc[mine["k"] >= 1, "series"].sum()),
        pending=len(frame.pending),
        grounds=stands,
        trajectories=found,
    )
    return replace(told, sentence=f"{sentence(told)} {standing(stands)}")


def decide(seen: Evidence, plan: Plan) -> Kind:
    """Which of the six sentences holds: the first whose condition does, in the order of `sentence.KINDS`.

    A change of the cost is claimed where its interval, for tasks like these, leaves 0 out on every scale; that it goes
    beyond clean accuracy, or as that goes, where every reading of the references says so and their range holds the models.
    """
    if not np.isfinite(seen.slope.se) or seen.slope.orderings < 2:
        return "inconclusive"
    if seen.side and seen.tellable:
        if seen.beyond:
            return "exacerbates" if seen.side > 0 else "mitigates"
        if seen.explained:
            return "accuracy" if seen.side > 0 else "shrinks"
    alike = [cost for scale, cost in seen.costs.items() if scale != "logit"] or [seen.slope]
    within = [-plan.sesoi < low and high < plan.sesoi for low, high in (one.at(1 - 2 * plan.alpha) for one in alike)]
    return "none" if all(within) else "inconclusive"


def _by_head(mine: pd.DataFrame, plan: Plan) -> tuple[HeadSlope, ...]:
    found = {
        str(head): interval(slope_table(group, "D", plan.levels), 1 - plan.alpha)
        for head, group in mine.groupby("head")
    }
    holm = adjusted([float(one.p) for one in found.values()], "holm")
    return tuple(HeadSlope(head, one, finite(p)) for (head, one), p in zip(found.items(), holm, strict=True))


def _controls(found: Trajectories, plan: Plan, gains: pd.DataFrame) -> list[Control]:
    """Every other composition that has trajectories, controls and not."""
    mine, level = found.of("k", plan.composition), 1 - plan.alpha
    named = found.table[["role", "composition"]].drop_duplicates().itertuples(index=False)
    others = [(str(role), str(name)) for role, name in named if (role, name) != ("k", plan.composition)]
    told = []
    for role, name in others:
        own = found.of(role, name)
        k = tuple(sorted(int(value) for value in own["k"].unique() if value >= 1))
        difference = interval(difference_table(mine, own), level)
        gained = interval(gain_table(gains, role, name), level)
        told.append(Control(role, name, interval(slope_table(own, "D"), level), difference, gained, k))
    return told


def suggested(frame: Frame) -> Plan:
    """The plan that a frame suggests where none was registered: its sweep's first composition, static attacks alike.

    Severities and budgets are those of the sweep's config; without a manifest all that there are, and the commonest composition.
    """
    cells = frame.cells[(frame.cells["role"] == "k") & (frame.cells["k"] >= 1) & (frame.cells["composition"] != "none")]
    settings = read_manifest(Store(frame.store), frame.sweep).settings if frame.sweep else {}
    named = settings.get("sweep", {}).get("compositions") or list(cells["composition"].mode()) or ["fuse"]
    static = sorted(set(cells.loc[(cells["family"] == "static") & (cells["texts_from"] == ""), "attack"]))
    attacks = static or sorted(set(cells["attack"]))
    k = tuple(sorted(int(value) for value in cells["k"].unique()))
    return Plan(
        sweep=frame.sweep,
        cells=design_digest(frame.planned),
        composition=str(named[0]),
        attacks=dict.fromkeys(attacks, 1.0),
        **(strengths(Evaluation(**settings["evaluation"])) if settings.get("evaluation") else {}),
        k=k,
        orderings=int(cells["ordering"].nunique()),
        heads=tuple(sorted(set(cells["head"]) - {""})),
        levels=max(2, min(3, len(k))),
    )


def language_map(frame: Frame, plan: Plan | None = None, found: Trajectories | None = None) -> pd.DataFrame:
    """Slopes of D by language and attack, exploratory: slope, se, low, high, p, and p_bh over the whole map.

    `found` are the frame's trajectories by this plan where they are at hand (`Verdict.trajectories`).
    """
    chosen = plan or registered(frame.store) or suggested(frame)
    series = (found or trajectories(frame, chosen)).series
    mine = series[(series["role"] == "k") & (series["composition"] == chosen.composition)]
    lines = []
    for (attack, severity, budget, language), group in mine.groupby(["attack", "severity", "budget", "language"]):
        one = interval(slope_table(group, "D"), 1 - chosen.alpha)
        place = {"attack": attack, "severity": severity, "budget": budget, "language": language}
        units = {"orderings": one.orderings, "heads": one.heads}
        lines.append({**place, "slope": one.mean, **{n: getattr(one, n) for n in ("se", "low", "high", "p")}, **units})
    columns = ["attack", "severity", "budget", "language", "slope", "se", "low", "high", "p", "orderings", "heads"]
    table = pd.DataFrame(lines, columns=columns)
    return table.assign(p_bh=adjusted([float(p) for p in table["p"]], "fdr_bh"))
