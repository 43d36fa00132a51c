"""What numbers can and cannot say, as (heading, sentence), from how they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adaptstilts.numerals import percent
from adaptstilts.store.records.numbers import AboveChance
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

UNTAUGHT = "do not beat chance at what they were trained on: they count as controls, not as tasks"


def generated(clean: ScoreRecord) -> bool:
    """Whether a score stands on the pocket lab's rows."""
    return "pocket" in clean.spec.data


def caveats(transfer: TransferRecord, clean: ScoreRecord) -> list[tuple[str, str]]:
    """What keeps these numbers from saying anything about human languages or the model of that name; empty for neither."""
    found, tiny = [], transfer.provenance.backbone.name == "pocket"
    if generated(clean):
        found.append((
            "Pocket lab: generated languages, a tiny encoder." if tiny else "Generated languages: the rows are the pocket lab's.",
            "These numbers show whether the method works as built. They say nothing about human languages, and nothing about "
            "whether more intermediate tasks cost robustness there.",
        ))  # fmt: skip
    elif tiny:
        found.append((
            "The encoder is the pocket lab's.",
            "It is tiny and has read generated languages only, whatever the rows are: these numbers show that the method runs on "
            "such rows, and say nothing about human languages.",
        ))  # fmt: skip
    if transfer.provenance.backbone.init == "random":
        found.append((
            "The backbone is randomly initialised.",
            "These scores mean nothing beyond a pipeline that runs: no model of that name would score like this.",
        ))  # fmt: skip
    return found


def learnt(transfer: TransferRecord, clean: ScoreRecord) -> AboveChance | None:
    """By how much the head beats answers that read nothing, in the language that it was trained in; None where nobody looked."""
    found = clean.scores.get(transfer.spec.language)
    return found.above_chance if found else None


def unlearnt(transfer: TransferRecord, clean: ScoreRecord) -> Iterator[tuple[str, str]]:
    """What a cell's head and adapters have not learnt, as (heading, sentence)."""
    found, source = learnt(transfer, clean), transfer.spec.language
    if found and not found.taught:
        yield "The head has not learnt.", (
            f"In {source}, where it was trained, its score of {percent(clean.score(source))} is within noise of the "
            f"{percent(found.uninformed)} of the best answers that read nothing ({found.points} points): scores elsewhere, and what "
            "attacks do to them, say nothing."
        )  # fmt: skip
    if transfer.untaught:
        yield "Untaught adapters.", f"{', '.join(transfer.untaught)} {UNTAUGHT}."


def unlearnt_in(frame: Any) -> Iterator[tuple[str, str]]:
    """The same of all models of a frame."""
    heads = frame.clean[frame.clean["taught"].notna()].drop_duplicates("score")
    for target, scores in heads.groupby("target"):
        lost = scores[~scores["taught"].astype(bool)]
        if len(lost):
            models = f"{lost['transfer'].nunique():,} of {scores['transfer'].nunique():,} models"
            yield f"Heads of {target} have not learnt.", (
                f"{models} score within noise of answers that read nothing in the language that they were trained in: what they "
                "score elsewhere, and what attacks do to them, says nothing."
            )  # fmt: skip
    models = frame.transfers.drop_duplicates("transfer")
    names = sorted({name for names in models["untaught"] for name in names})
    if names:
        cells = int((models["untaught"].map(len) > 0).sum())
        yield "Untaught adapters.", f"{', '.join(names)} {UNTAUGHT}; {cells:,} models with one are not compared."
