"""The tables of a report on a whole store, from its frame alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.errors import CorruptArtefact
from adaptstilts.numerals import percent, signed
from adaptstilts.report.frame.selection import attack_columns, fair, own_texts, records, static, with_costs
from adaptstilts.report.overview.grids import Grid, Link, TableCell, row
from adaptstilts.report.verdict.gains import common_success
from adaptstilts.report.verdict.sentence import largest

GROUP = ["target", "role", "composition", "k"]
ROLES = ("k", "control", "baseline", "reference")
"""What models are for, in the order in which they are shown: the question's, controls, baselines, reference line."""


def by_dose(frame: Any, link: Link) -> Grid:
    """A line per target, role, composition and k: models, clean scores, gap, gain, score under each attack, cost.

    A number links to the first of its models in the table of models.
    """
    clean, own = fair(frame.clean), with_costs(own_texts(fair(frame.cells)))
    attacks = attack_columns(own)
    scores = clean.groupby(GROUP, observed=True)["value"].mean()
    home = frame.clean[frame.clean["source"].astype(bool)].groupby(GROUP, observed=True)["value"].mean()
    bare = clean[(clean["composition"] == "none") & (clean["role"] == "k")].groupby("target")["value"].mean()
    models = clean.groupby(GROUP, observed=True)["transfer"].nunique()
    hit = own.groupby([*GROUP, "attack", "severity", "budget"], observed=True)["attacked"].mean()
    static = own[own["family"] == "static"].groupby(GROUP, observed=True)["cost"].mean()
    lines = []
    for place in sorted(scores.index, key=_order):
        there, trained = scores[place], home.get(place, np.nan)
        gap, gain = 100 * (trained - there), 100 * (there - bare.get(place[0], np.nan))
        numbers = [percent(trained), percent(there), signed(gap, 1), signed(gain, 1)]
        numbers += [*(percent(hit.get((*place, *attack))) for attack in attacks), signed(static.get(place))]
        linked = [TableCell(number, "" if number == "n/a" else f"#{anchor(*place)}") for number in numbers]
        lines.append(row(*_words(place), str(models[place]), *linked))
    caption = (
        "Per cent; mean over models and languages. source: the language that was trained in; clean and all others: without it. gap: "
        "source minus clean; gain: clean minus that of none at k = 0, both in points. cost: probit robustness cost, mean over static "
        "attacks (0 is none; 0.1 is about 4 points at 50 %). A number leads to its models."
    )
    headings = (*GROUP, "models", "source", "clean", "gap", "gain", *attacks.values(), "cost")
    return Grid("doses", "Scores by k", caption, headings, lines, (0, 1, 2), "Nothing has been scored yet.")


def by_language(frame: Any, link: Link) -> Grid:
    """A line per target, language, composition and k of the question's models: clean, attacked, over models."""
    keys = ["target", "language", "composition", "k"]
    clean, cells = _comparable(frame.clean), own_texts(_comparable(frame.cells))
    clean, cells = clean[clean["role"] == "k"], cells[cells["role"] == "k"]
    attacks = attack_columns(cells)
    scores = clean.groupby(keys, observed=True)["value"].mean()
    hit = cells.groupby([*keys, "attack", "severity", "budget"], observed=True)["attacked"].mean()
    sources = set(frame.clean[frame.clean["source"].astype(bool)]["language"])
    lines = []
    for place in scores.index:
        target, language, composition, k = place
        where = f"#{anchor(target, 'k', composition, k)}"
        shares = [scores[place], *(hit.get((*place, *attack)) for attack in attacks)]
        numbers = [TableCell(percent(share), where) for share in shares]
        shown = f"{language} (trained)" if language in sources else str(language)
        lines.append(row(str(target), shown, str(composition), f"{k:g}", *numbers, language=str(language)))
    return Grid(
        "languages", "Scores by language",
        "Per cent; the question's models, mean over orderings. n/a: the attack does not apply to the language.",
        ("target", "language", "composition", "k", "clean", *attacks.values()), lines, (0, 1, 2), "Nothing has been scored yet.",
    )  # fmt: skip


def models(frame: Any, link: Link) -> Grid:
    """A line per transfer: each number leads to its record."""
    at_home = frame.clean["source"].astype(bool)
    own = own_texts(frame.cells[~frame.cells["source"].astype(bool)])
    attacks, absent = attack_columns(own), TableCell("n/a")
    home = frame.clean[at_home].groupby("transfer")["value"].mean()
    clean = _linked(frame.clean[~at_home], ["transfer"], "value", link)
    hit = _linked(own, ["transfer", "attack", "severity", "budget"], "attacked", link)
    once = frame.transfers.drop_duplicates([*GROUP, "ordering", "transfer"]).to_dict("records")
    seen: set[str] = set()
    lines = []
    for model in sorted(once, key=lambda model: (*_order([model[name] for name in GROUP]), model["ordering"])):
        group, key = [model[name] for name in GROUP], model["transfer"]
        place, score = anchor(*group), clean.get(key, absent)
        names = (*_words(group), ", ".join(model["tasks"]) or "none", str(model["ordering"]))
        numbers = (TableCell(percent(home.get(key)), score.link), score, *(hit.get((key, *a), absent) for a in attacks))
        known = TableCell(str(key)[:8], link(key))
        lines.append(row(*names, known, *numbers, anchor="" if place in seen else place))
        seen.add(place)
    return Grid(
        "models", "Models",
        "A line per model, in per cent: clean in the source language, clean elsewhere (mean over languages), and "
        "under each attack elsewhere. "
        "Each number leads to its record.",
        ("target", "role", "composition", "k", "tasks", "ordering", "model", "source", "clean", *attacks.values()),
        lines, (0, 1, 2, 4, 6), "No transfer is done.",
    )  # fmt: skip


def common_rows(frame: Any, link: Link) -> Grid:
    """A line per target, composition and k of the question's models: success rates on own and on commonly right rows."""
    cells = static(frame.cells[frame.cells["role"] == "k"])
    attack = cells["attack"].mode().min() if len(cells) else ""
    lines, empty = [], ""
    try:
        found = common_success(frame, str(attack)) if attack else pd.DataFrame()
    except CorruptArtefact:
        found, empty = pd.DataFrame(), "Prediction files are not there, or do not read back."
    if len(found):
        abroad = found[found["language"].isin(set(cells["language"]))]
        means = abroad.groupby(["target", "composition", "k"])[["success_rate", "common_success_rate", "common"]].mean()
        for own in records(means):
            rates = (percent(own.success_rate), percent(own.common_success_rate))
            lines.append(row(*_words((own.target, own.composition, own.k)), *rates, f"{own.common:.0f}"))
    return Grid(
        "common", "Success on the same rows", f"Share of rows right when clean that {attack} turns wrong, in per cent; mean over "
        "orderings and languages without the source. own: of the rows that each model gets right, which change with k; common: of "
        "those that every k of the same ordering gets right.",
        ("target", "composition", "k", "own", "common", "common rows"), lines, (0, 1), empty,
    )  # fmt: skip


def challenges(frame: Any, link: Link) -> Grid:
    """A line per challenge set, target, composition, k and language, mean over models."""
    found = _comparable(frame.challenges)
    keys = ["challenge", "target", "composition", "k", "language", "metric", "exposure"]
    lines = []
    if len(found):
        means = found.groupby(keys, observed=True).agg(
            value=("value", "mean"), chance=("chance", "mean"), key=("score", "first"), scores=("score", "nunique")
        )
        for own in records(means):
            words = (own.challenge, own.target, own.composition, f"{own.k:g}", own.language, own.metric)
            score = TableCell(percent(own.value), link(own.key) if own.scores == 1 else "")
            numbers = (score, percent(own.chance))
            lines.append(row(*map(str, words), *numbers, str(own.exposure), language=str(own.language)))
    return Grid(
        "challenges", "Challenge sets", "Other data, scored through a target's head, in per cent. Exposure: what "
        "the adapters have seen of it.",
        ("set", "target", "composition", "k", "language", "metric", "score", "chance", "exposure"), lines, (0, 1, 2, 4, 5, 8),
    )  # fmt: skip


def left_out(frame: Any, verdict: Any, link: Link) -> Grid:
    """What is not compared, or no part of the verdict's test, and why: a line per reason with how many scores and the first."""
    lines = []
    for what, table in (("attacked", frame.cells), ("clean", frame.clean), ("challenge", frame.challenges)):
        gone = table[~table["comparable"].astype(bool)] if len(table) else table
        for why, group in gone.groupby("why") if len(gone) else ():
            first, languages = str(group["score"].iloc[0]), sorted(set(group["language"]))
            told = ", ".join(languages) if len(languages) <= 12 else f"{len(languages)} languages"
            attacks = ", ".join(sorted(set(group["attack"]))) if what == "attacked" else ""
            cells = (str(why) or "not told", what, attacks, told, f"{group['score'].nunique():,}", f"{len(group):,}")
            lines.append(row(*cells, TableCell(first[:8], link(first))))
    for scores, counts in (("the verdict's test", verdict.left_out), ("outside the plan", verdict.outside)):
        lines += [row(reason, scores, "", "", "", f"{count:,}", "") for reason, count in largest(counts)]
    lines += [row(str(problem), "unreadable", "", "", "", "", "") for problem in frame.problems]
    if frame.pending:
        lines.append(row("planned, not done", "pending", "", "", f"{len(frame.pending):,}", "", frame.pending[0][:8]))
    return Grid(
        "left-out", "Left out, and why", "Scores that are not compared with the others, that are left out of the verdict's test, or "
        "that its plan does not ask for.",
        ("why", "scores of", "attacks", "languages", "scores", "score × language", "first"), lines, (0, 1, 2, 3, 6),
        "Nothing is left out.",
    )  # fmt: skip


def _words(place: Sequence[Any]) -> list[str]:
    """The names of a group of models, and its k."""
    *names, k = place
    return [*map(str, names), f"{k:g}"]


def _linked(table: pd.DataFrame, by: list[str], column: str, link: Link) -> dict[Any, TableCell]:
    """Means of a column of shares by group, each with the way to the record of its first score."""
    means = table.groupby(by, observed=True).agg(value=(column, "mean"), key=("score", "first"))
    return {place: TableCell(percent(value), link(key)) for place, value, key in means.itertuples()}


def _order(place: Any) -> tuple[Any, ...]:
    """Where a group of models stands: by target, then the question's first."""
    target, role, composition, k = place
    return target, ROLES.index(role) if role in ROLES else len(ROLES), composition, k


def anchor(*place: Any) -> str:
    """A name for a group of models that links in the page can use."""
    return f"g{zlib.crc32(repr(tuple(str(part) for part in place)).encode()):08x}"


def _comparable(table: pd.DataFrame) -> pd.DataFrame:
    """Comparable lines, in all languages; all lines where none is comparable."""
    kept = table["comparable"].astype(bool)
    return table[kept] if kept.any() else table


def all_tables(frame: Any, verdict: Any, link: Link) -> Iterator[Grid]:
    """Every table in the page's order."""
    for make in (by_dose, by_language, common_rows, models, challenges):
        yield make(frame, link)
    yield left_out(frame, verdict, link)
