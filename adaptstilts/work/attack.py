"""One attack on a transfer, language by language, held against the clean predictions of the same rows."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from adaptstilts.attacks import ATTACKS, Attack, Attacked, Scene
from adaptstilts.attacks.apply import applies
from adaptstilts.attacks.attack import Given
from adaptstilts.attacks.model_input import endings, given_to_model, told_apart
from adaptstilts.attacks.replay import texts_of
from adaptstilts.attacks.text.entities import mentions_of_rows
from adaptstilts.attacks.text.graphemes import tables
from adaptstilts.attacks.text.inventory import inventory_of_rows, words_of_rows
from adaptstilts.data.draw import in_draw_order
from adaptstilts.data.pairing import pairing
from adaptstilts.errors import CorruptArtefact, DataMissing, EnvironmentProblem
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind, Prediction
from adaptstilts.listeners import Speaker
from adaptstilts.models.whitebox.gradients import Gradients
from adaptstilts.plan.lowest import readers
from adaptstilts.rows import Row
from adaptstilts.steps.step import Score
from adaptstilts.store.journal import attacked_rows, read_attacked
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.records.numbers import Scores
from adaptstilts.store.records.part import given
from adaptstilts.tasks import Task
from adaptstilts.training.prediction import Oracle
from adaptstilts.work.predictions import Lines, attacked_line, classes_of, pooled, predictions_of
from adaptstilts.work.session import Session

log = Speaker(__name__)

RIGHT = 0.5
"""A row counts as right from this share of the metric on; between 0 and 1 only for spans and tags."""

GAZETTEER_ROWS = 5000
"""How many rows of a split names are taken from."""


def attack_languages(step: Score, session: Session, task: Task, folder: Path) -> tuple[dict[str, Scores], Lines]:
    """Scores and prediction lines of every language that the attack applies to; the others say why it does not."""
    if step.clean is None:
        raise ValueError("an attack is scored against a clean score")
    if step.clusters not in ("", tables()):
        what = "the package regex here parts text into other letters than where this step was planned"
        raise EnvironmentProblem(what, where=step.title, do="Install the same release of regex on all machines.")
    attack, kind = ATTACKS.get(step.attack), kind_of(task.kind)
    clean = read_predictions(session.store.folder(step.clean.key))
    scores, lines = dict[str, Scores](), Lines()
    session.progress.start(len(step.languages), attack.name)
    for language in step.languages:
        reason = applies(attack, kind, language)
        if not reason:
            scene = _scene(step, step.clean, attack, task, language, session)
            reason = attack.lacks(scene)
        if reason:
            scores[language] = Scores(**{"n/a": reason})
        else:
            scores[language], more = _attack_language(step, step.clean, attack, task, scene, session, clean, folder)
            lines += more
        session.progress.advance(1, language)
    session.progress.stop()
    return scores, lines


def _attack_language(
    step: Score,
    held: Score,
    attack: Attack,
    task: Task,
    scene: Scene,
    session: Session,
    clean: Mapping[tuple[str, str], Prediction],
    folder: Path,
) -> tuple[Scores, Lines]:
    """Attack `step.rows` of the rows that were scored clean; the others stay about as rivals.

    Noise is planted on the attacked texts' own predictions, after any search; an attack on embeddings has none.
    """
    kind, language = kind_of(task.kind), scene.language
    assembly = session.assembly(step, language)
    together = next(group for group in pooled(step.languages, task) if language in group)
    pool = {other: session.scored(held, task, other).rows for other in together}
    rows = _bounded(pool[language], step, held, task)
    every = [row for other in together for row in pool[other]]
    taken = {row.id for row in rows}
    rest = [row for row in pool[language] if row.id not in taken]
    rest += [row for other in together if other != language for row in pool[other]]
    before = _clean_of(rows, held, clean, session)
    if step.texts is None:
        limits = session.config.limits
        tokens = session.tokens(published=attack.published)
        oracle = Oracle(assembly, kind, task, tokens, limits, pool=kind.rivals(every))
        victim = Gradients(oracle) if attack.family == "white" else oracle if attack.family == "search" else None
        with assembly.exactly():
            attacked = attacked_rows(folder, attack, rows, scene, victim=victim, budget=step.budget or None)
    else:
        found = read_attacked(session.store.folder(step.texts.key))
        attacked = [found.get((language, row.id), Attacked(row, "noop", 0, 0.0)) for row in rows]
        attacked = [replace(a, goal_at=0) for a in attacked]  # queries of another model reached it
        texts_of(attacked)  # an attack on embeddings has none
    rivals = [*kind.rivals(rest), *(rival for a in attacked for rival in a.rivals)]
    alike = readers(session.config.sweep) if attack.family == "static" and step.texts is None else 0  # their texts are
    with assembly.shaken(step.noise):
        asked, published = [a.row for a in attacked], attack.published
        fresh, _ = predictions_of(
            assembly, asked, rivals, task, session, readers=alike, beside=every, published=published
        )
    after = [a.prediction or prediction for a, prediction in zip(attacked, fresh, strict=True)]
    told = held_against(kind, task, language, rows, before, attacked, after)
    told = told.model_copy(update=given(classes=classes_of(rows, step, task)))
    return told, [attacked_line(a, p, kind, task) for a, p in zip(attacked, after, strict=True)]


def _bounded(rows: list[Row], step: Score, held: Score, task: Task) -> list[Row]:
    """Those of the rows scored clean that an attack is for; of a draw all have something to edit."""
    if not step.drawn:
        return rows[: step.rows]
    placed = rows if held.drawn else in_draw_order(rows)
    return [row for row in placed if kind_of(task.kind).fields(row, task)][: step.rows]


def _clean_of(
    rows: list[Row], held: Score, clean: Mapping[tuple[str, str], Prediction], session: Session
) -> list[Prediction]:
    try:
        return [clean[row.language, row.id] for row in rows]
    except KeyError as error:
        folder = session.store.folder(held.key)
        advice = f"Remove the folder {folder} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"no clean prediction for {error}", where=str(folder), do=advice) from error


def _scene(step: Score, held: Score, attack: Attack, task: Task, language: str, session: Session) -> Scene:
    kind, tokens = kind_of(task.kind), session.tokens(published=attack.published)

    def given(asked: Sequence[Row]) -> Sequence[Given]:
        return given_to_model(asked, kind, task, tokens, session.config.limits)

    loaded = {other: session.scored(held, task, other) for other in step.languages}
    split = loaded[language].split_used  # row n of one split does not translate row n of another
    rows = loaded[language].rows
    alike = {other: found.rows for other, found in loaded.items() if found.split_used == split}
    if task.parallel and "mix_fields" in ATTACKS.get(step.attack).needs:
        session.once(("paired", task.name, split, *alike), lambda: _paired(task, split, alike, session))
    here = (task.name, language, held.rows, held.drawn)
    letters = session.once(("letters", *here), lambda: inventory_of_rows(rows, kind, task))
    return Scene(
        task,
        kind,
        language,
        step.seed,
        step.severity,
        told_apart(tokens),
        parallel={other: {row.source: row for row in theirs} for other, theirs in alike.items()},
        words=session.once(
            ("words", *here, step.rows, step.drawn), lambda: words_of_rows(_bounded(rows, step, held, task), kind, task)
        ),
        mask=session.backbone.tokenizer.mask_token or "",
        letters=letters.commonest,
        given=given,
        inventory=letters,
        lexicon=session.once(("lexicon", language), lambda: session.facts.lexicon(language)),
        gazetteer=session.once(("names", task.name, language), lambda: _gazetteer(task, language, session)),
        tautology=session.facts.tautology(language),
        ending=endings(tokens),
    )


def _paired(task: Task, split: str, rows: Mapping[str, Sequence[Row]], session: Session) -> None:
    """InputError if nothing tells which rows translate one another; where it is their lines, it is said."""
    sources = {code: {row.source for row in several} for code, several in rows.items()}
    found = pairing(task, split, sources, session.facts.source)
    found.check()
    if told := str(found):
        log.info(told)


def _gazetteer(task: Task, language: str, session: Session) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """The names in the training and dev rows of a language, for tasks that tag entities; empty where it has none."""
    if not any(label.startswith("B-") for label in task.labels):
        return {}
    rows: list[Row] = []
    for split in ("train", "dev"):
        try:
            rows += session.rows(task, split, language, GAZETTEER_ROWS).rows
        except DataMissing:
            continue
    return mentions_of_rows(rows, task)


def held_against(
    kind: Kind,
    task: Task,
    language: str,
    rows: list[Row],
    before: list[Prediction],
    attacked: list[Attacked],
    after: list[Prediction],
) -> Scores:
    """Clean, attacked and worst-case scores over the rows that the attack reached, and what the attack did to them."""
    reached = [i for i, a in enumerate(attacked) if a.counts]
    edited = [attacked[i] for i in reached if attacked[i].outcome == "edited"]
    right = [i for i in reached if before[i].score >= RIGHT]
    fooled = [i for i in right if after[i].score < RIGHT]
    if not reached:
        return Scores(n=len(rows), reached=0, **{"n/a": "no row could be changed"})
    clean = kind.score([rows[i] for i in reached], [before[i] for i in reached], task, language)
    scored = kind.score([attacked[i].row for i in reached], [after[i] for i in reached], task, language)
    worse = [after[i].score < before[i].score for i in reached]
    worst_rows = [attacked[i].row if lower else rows[i] for i, lower in zip(reached, worse, strict=True)]
    worst = [after[i] if lower else before[i] for i, lower in zip(reached, worse, strict=True)]
    return Scores(
        n=len(rows),
        reached=len(reached),
        clean=clean[task.metric],
        **scored,
        worst_case=kind.score(worst_rows, worst, task, language)[task.metric],
        success_rate=len(fooled) / len(right) if right else None,
        edit_rate=statistics.fmean(a.rate for a in edited) if edited else 0.0,
        survival=_of_tried(attacked, "survived"),
        unknown=_of_tried(attacked, "unknown"),
        blank=_of_tried(attacked, "blank"),
        queries=statistics.fmean(attacked[i].queries for i in reached),
    )


def _of_tried(attacked: Sequence[Attacked], name: Literal["survived", "unknown", "blank"]) -> float | None:
    """The share of tried edits that are counted under a name; None where nobody counted, or there are none."""
    counted = [(found, a.tried) for a in attacked if (found := getattr(a, name)) is not None]
    tried = sum(each for _, each in counted)
    return sum(found for found, _ in counted) / tried if tried else None
