"""The steps that train: what they assemble, which rows they learn from, and what they leave in their folders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.data.holdout import split_train
from adaptstilts.data.masking import masked_encodings
from adaptstilts.data.text import sentences
from adaptstilts.kinds.kind import Encoding
from adaptstilts.listeners import Speaker
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.bundle import save_adapter, save_bundle, save_encoder
from adaptstilts.models.heads import head_parameters, load_head, masked_head, save_head
from adaptstilts.plan.lowest import passes, readers
from adaptstilts.rows import Row
from adaptstilts.steps.step import HELD_OUT, Lesson, TrainAdapter, Transfer
from adaptstilts.store.records.numbers import ForgettingTable, Parts, TrainingRun
from adaptstilts.store.records.part import given
from adaptstilts.store.records.record import AdapterMade, Identified, TransferMade
from adaptstilts.store.runs import composed
from adaptstilts.training.loop import train
from adaptstilts.work.held_out import ByLanguage, held_out_scores, scorer
from adaptstilts.work.lowest import Reading, knowing
from adaptstilts.work.reread import check_saved, outputs
from adaptstilts.work.session import Session

log = Speaker(__name__)

TEXT = "text"
"""The head for masked-language modelling, and what its part of the training is called."""

MANY_PASSES = 50
"""More passes over the rows than these are told: few rows were meant for fewer steps."""

PARTS = ("backbone", "fusion", "gate", "merge", "target_adapter", "head")
"""What a transfer may train, from the ground up."""

ADAPTER, ENCODER, HEADS = "adapter", "encoder", "heads"
"""What a training step leaves: an adapter or an encoder, and the heads of its further tasks."""


def train_adapter(step: TrainAdapter, session: Session, folder: Path) -> AdapterMade:
    """Train an adapter, or the whole encoder, on one task or several, and score each on held-out rows of its own.

    A step that goes on from another also scores the tasks before it, with the heads that were trained with them.
    """
    session.release()
    assembly = _learner(step, session)
    try:
        training = _fit(assembly, step, step.lessons, session, folder, text=bool(step.text))
        kept = _keep(assembly, step, folder)
        scores = {
            lesson.task: held_out_scores(assembly, lesson, taught, session)
            for taught in (step, *step.chain[:-1])
            for lesson in taught.lessons
        }
        parts = Parts(**assembly.parts())
    finally:
        assembly.close()
    forgetting = _forgetting(step, scores, session) if step.start else None
    own = scores.pop(step.task)
    standins = {lesson.task: lesson.standin for lesson in step.lessons if lesson.standin}
    return AdapterMade(
        parts=parts,
        training=training,
        scores=own,
        adapter=Identified(digest=ids.files_digest(sorted(kept.iterdir()))),
        task=step.task,
        **given(others=scores, forgetting=forgetting, standins=standins),
    )


def _learner(step: TrainAdapter, session: Session) -> Assembly:
    """What the step trains: fresh, or going on from the step before, with the heads of the tasks before at hand."""
    heads = {lesson.task: session.head(lesson.task) for lesson in (*step.more, *_before(step))}
    if step.text:
        described: Any = session.backbone.model.config
        heads[TEXT] = masked_head(described.vocab_size)
    assembly = assemble(
        session.backbone,
        block=None if step.whole else step.task,
        adapters={step.task: session.store.folder(step.start.key) / ADAPTER} if step.start else {},
        trains=("backbone", "head") if step.whole else ("adapters" if step.start else "target_adapter", "head"),
        shape=step.shape,
        head=session.head(step.task),
        head_name=step.task,
        seed=step.seed,
        heads=heads,
        languages=session.language_folders(step),
    )
    session.speak(assembly, step, step.language)
    for earlier in step.chain[:-1]:
        load_head(assembly.model, earlier.task, session.store.folder(earlier.key) / ADAPTER)
        for parameter in head_parameters(assembly.model, earlier.task).values():
            parameter.requires_grad_(False)
    return assembly


def _before(step: TrainAdapter) -> list[Lesson]:
    return [lesson for earlier in step.chain[:-1] for lesson in earlier.lessons]


def _keep(assembly: Assembly, step: TrainAdapter, folder: Path) -> Path:
    """Save what was trained; the folder whose digest is its identity."""
    if step.whole:
        save_encoder(assembly, folder / ENCODER)
    else:
        save_adapter(assembly, step.task, folder / ADAPTER, head=True)
    for lesson in step.lessons if step.whole else step.more:
        place = folder / HEADS / lesson.task
        place.mkdir(parents=True, exist_ok=True)
        save_head(assembly.model, lesson.task, assembly.heads[lesson.task], place)
    return folder / (ENCODER if step.whole else ADAPTER)


def _forgetting(step: TrainAdapter, now: Mapping[str, ByLanguage], session: Session) -> ForgettingTable:
    """Scores of every task after each step of the chain, and how far each earlier one has fallen from its best.

    Forgetting as Chaudhry et al. (2018) define it: the best score after any earlier step minus the one after the last.
    """
    records = [session.store.adapter(earlier.key) for earlier in step.chain[:-1]]
    columns = [*({record.task: record.scores, **record.others} for record in records), now]
    metrics = {lesson.task: session.task(lesson.task).metric for lesson in (*_before(step), *step.lessons)}
    table = {
        task: [
            column[task][step.language].metric(metric) if task in column and _alike(column[task], now[task]) else None
            for column in columns
        ]
        for task, metric in metrics.items()
    }
    known = {task: [score for score in scores if score is not None] for task, scores in table.items()}
    fallen = {task: max(scores[:-1]) - scores[-1] for task, scores in known.items() if len(scores) > 1}
    return ForgettingTable(order=step.tasks, scores=table, forgetting=fallen)


def _alike(one: ByLanguage, other: ByLanguage) -> bool:
    """Whether two scores are of rows that were found in one way; earlier versions took the first ones."""
    return all(one[code].split == other[code].split for code in one.keys() & other.keys())


def transfer(step: Transfer, session: Session, folder: Path) -> TransferMade:
    """Train a composition under the target's head, save it, and see that it predicts the same when read again."""
    task = session.task(step.target)
    session.release()
    head = session.head(step.target)
    learns = head.learns
    folders = session.adapter_folders(step)
    composition = COMPOSITIONS.get(step.composition)
    assembly = assemble(
        session.backbone,
        block=composition.block(step.members, target_adapter=step.target_adapter, method=step.method),
        adapters=folders,
        trains=composition.trains(target_adapter=step.target_adapter, method=step.method) if learns else (),
        shape=step.shape,
        head=head,
        head_name=step.target,
        seed=step.seed,
        weights=session.encoder_weights(step),
        languages=session.language_folders(step),
    )
    session.speak(assembly, step, step.language)
    try:
        lesson = Lesson(step.target, step.target_version, step.data, step.rows)
        training = _fit(assembly, step, (lesson,), session, folder) if learns else None
        save_bundle(assembly, folder / "bundle", {"target": step.target, "labels": list(task.labels), "key": step.key})
        before, notes, parts = outputs(assembly, step, session), tuple(assembly.notes), Parts(**assembly.parts())
        trained = tuple(part for part in PARTS if any(p.requires_grad for p in assembly.part(part).values()))
    finally:
        assembly.close()
    check_saved(step, before, session, folder)
    records = {made.key: session.store.adapter(made.key) for made in step.needs}
    taught = {
        name: a.made(shelved=lambda digest: session.zoo.get(digest).taught, trained=lambda key: records[key].taught)
        for name, a in zip(step.members, step.adapters, strict=False)
    }
    forgetting = next((record.forgetting for record in records.values() if record.forgetting), None)
    return TransferMade(
        parts=parts,
        **composed(step),
        trained=trained,
        adapters={
            name: a.made(shelved=str, trained=lambda key: records[key].adapter.digest)
            for name, a in zip(step.members, step.adapters, strict=False)
        },
        standins=session.standins(step),
        notes=notes,
        **given(
            training=training, forgetting=forgetting, untaught=[n for n, learnt in taught.items() if learnt is False]
        ),
    )


def _fit(
    assembly: Assembly,
    step: TrainAdapter | Transfer,
    lessons: Sequence[Lesson],
    session: Session,
    folder: Path,
    *,
    text: bool = False,
) -> TrainingRun:
    """Train the assembly on the lessons' source-language rows; how it went.

    With `recipe.patience` a part of the first lesson's rows is held out, and its score decides when training ends. The
    checkpoint lies in the step's own folder, where every process that takes part reads it and the main one writes it.
    """
    recipe, language, seed = step.recipe, step.language, step.seed
    portions, held, described = dict[str, Sequence[Encoding]](), list[Row](), dict[str, Any]()
    whole = set[str]()
    for lesson in lessons:
        task = session.task(lesson.task)
        loaded = session.rows(task, "train", language, lesson.rows, seed)
        rows = loaded.rows
        if lesson.rows is None or len(rows) < lesson.rows:
            whole.add(lesson.task)
        decides = bool(recipe.patience) and lesson is lessons[0]
        if decides or lesson.dev == HELD_OUT:
            rows, kept = split_train(rows, recipe.held_out, seed)
            held = kept if decides else held
            whole.discard(lesson.task)
        portions[lesson.task] = session.encode(rows, task, keep=True, progress=session.progress)
        cut = session.truncated(portions[lesson.task])
        described[lesson.task] = {"examples": len(rows), "origin": loaded.origin, "truncated": cut}
        log.info(f"{len(rows):,} {lesson.task} rows in {language}{f', {cut:,} inputs cut' if cut else ''}")
    if text:
        lines = sentences(session.config.data.text, session.facts.source)
        portions[TEXT] = masked_encodings(lines, session.backbone.tokenizer, session.config.limits, seed=seed)
        described[TEXT] = {"examples": len(lines), "origin": "masked-language modelling"}
    log.info(f"{assembly.parts()['trainable']:,} parameters to train")
    examples = {name: facts["examples"] for name, facts in described.items()}
    if (passes := (recipe.steps or 0) * recipe.batch / max(1, sum(examples.values()))) > MANY_PASSES:
        setting = f"{'transfer' if step.kind == 'transfer' else 'intermediate'}.recipe.steps"
        log.info(
            f"{recipe.steps:,} steps of {recipe.batch} are {passes:,.0f} passes over these rows; --set {setting}=N makes fewer"
        )
    with knowing(assembly, _readings(assembly, step, portions, examples, whole, session), session, session.progress):
        report = train(
            assembly,
            portions,
            recipe,
            seed=seed,
            checkpoint=session.store.folder(step.key) / "checkpoint",
            progress=session.progress,
            held_out=scorer(assembly, lessons[0].task, held, language, session) if held else None,
            device=session.config.device,
            logs=folder / "logs" if session.config.device.trackers else None,
        )
    first = described.pop(lessons[0].task)
    return TrainingRun(**{**first, **given(others=described), **report.plain()})


def _readings(
    assembly: Assembly,
    step: TrainAdapter | Transfer,
    portions: Mapping[str, Sequence[Encoding]],
    rows: Mapping[str, int],
    whole: Collection[str],
    session: Session,
) -> list[Reading]:
    """How often the inputs of each head are read: by this run, and by the sweep's other transfers of a `whole` training set.

    Of a part of the rows every transfer draws its own.
    """
    sizes = {name: rows[name] if assembly.heads[name].per == "row" else len(found) for name, found in portions.items()}
    times = passes(step.recipe, sum(sizes.values()))
    others = readers(session.config.sweep) if step.kind == Transfer.kind else 1
    return [
        Reading(found, times * (others if name in whole else 1), f"training rows of {name}")
        for name, found in portions.items()
    ]
