"""Texts that attacks turned from right to wrong, the edits marked, read from the prediction files of a store."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts.attacks.preview import Change, changes
from adaptstilts.bounds import parse
from adaptstilts.errors import CorruptArtefact
from adaptstilts.statistics.estimands import RIGHT
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.store import PREDICTIONS
from adaptstilts.tasks import TASKS

if TYPE_CHECKING:
    import pandas as pd

    from adaptstilts.store.records.record import ScoreRecord

LANGUAGES = 3
"""Languages shown of each attack."""
ATTACKS = 16
"""Attacks that are shown."""
AROUND = 60
"""Characters that stay of a long stretch without edits, at each of its ends."""
LONG = 20_000
"""Characters of a field beyond which nothing is marked: to find what changed takes time that grows with their square."""
ANSWERS = frozenset({"label", "tags", "answers", "key"})
"""Fields of a shown row that hold its gold answer and no text of its own."""
OPEN = re.compile(r"(cc[ -]by|cc0|mit\b|apache|bsd|afl|odc|free for any purpose)", re.IGNORECASE)
"""How licences begin under which the data may be passed on."""
BOUND = re.compile(r"\bn[cd]\b|non-?commercial|no-?deriv", re.IGNORECASE)
"""What licences say that forbid uses, or changed texts: an attacked text is one."""


@dataclass(frozen=True)
class EditedText:
    """One row of one attack: its fields as they were changed, what was answered before and after, and what is right.

    A field is its name and its changes. Where the clean score keeps no texts nothing is marked.
    """

    attack: str
    language: str
    id: str
    fields: tuple[tuple[str, tuple[Change, ...]], ...]
    answers: tuple[str, str]
    gold: str
    key: str
    terms: str
    """Licence and citation of the data, to stand beside the text; empty for generated rows."""


def withheld(record: ScoreRecord) -> str:
    """Why the texts behind a score are not for others; empty for generated rows, a user's own tasks and open licences.

    A task is a user's own if it names neither sources nor how others get its rows. Where the rows of another lay tells nothing of
    whose they are: its licence is asked.
    """
    name = record.challenge or record.target
    task = TASKS.get(name) if name in TASKS else None
    if "pocket" in record.spec.data or (task and task.local and not task.obtain) or (task and _is_open(task.licence)):
        return ""
    licence = (task.licence if task else "") or "not stated"
    return f"the licence of {name} ({licence}) may not let them be passed on; predictions.parquet has them"


def _is_open(licence: str) -> bool:
    """Whether each part of what a task states lets changed texts be passed on by anybody."""
    parts = [part.rpartition(":")[2].strip() for part in licence.split(";")]
    return all(OPEN.match(part) and not BOUND.search(part) for part in parts)


def _terms(record: ScoreRecord) -> str:
    """Whose the texts behind a score are, under which licence, and what to cite."""
    name = record.challenge or record.target
    if "pocket" in record.spec.data or name not in TASKS:
        return ""
    task = TASKS.get(name)
    return ". ".join(part for part in (f"{name}: {task.licence}" if task.licence else "", task.citation) if part)


def edited_texts(
    steps: Path, attack: str, record: ScoreRecord, languages: Collection[str], most: int = LANGUAGES
) -> Iterator[EditedText]:
    """The first row that fell in each of a few languages of an attack's score; none without prediction files below `steps`."""
    found = _fallen(steps, record, languages)
    labels = TASKS.get(record.target).labels if record.target in TASKS else ()
    for row in [] if found is None else found.drop_duplicates("language").head(most).to_dict("records"):
        yield EditedText(
            attack=attack,
            language=str(row["language"]),
            id=str(row["id"]),
            fields=tuple(_marked(_fields(row.get("text_clean")), _fields(row["text"]))),
            answers=(_said(row.get("prediction_clean"), labels), _said(row.get("prediction"), labels)),
            gold=_said(row.get("gold"), labels),
            key=record.key,
            terms=_terms(record),
        )


def _fallen(steps: Path, record: ScoreRecord, languages: Collection[str]) -> pd.DataFrame | None:
    """Edited rows that were right and are no more, beside their clean predictions; None where files do not tell."""
    path, before = steps / record.key / PREDICTIONS, steps / str(record.spec.clean) / PREDICTIONS
    if not path.is_file() or not before.is_file():
        return None
    try:
        names = ("language", "id", "score", "outcome", "text", "prediction", "gold")
        rows: pd.DataFrame = read_columns(path, names).to_pandas()
        clean: pd.DataFrame = read_columns(before, ("language", "id", "score", "text", "prediction")).to_pandas()
    except CorruptArtefact:
        return None  # whoever counts the rows tells of files that do not read back
    if "text" not in rows:
        return None
    right = clean[(clean["score"] >= RIGHT) & clean["language"].isin(list(languages))]
    kept = rows[(rows["score"] < RIGHT) & rows["text"].notna()]
    kept = kept[kept["outcome"] == "edited"] if "outcome" in kept else kept
    found: pd.DataFrame = kept.merge(right.drop(columns="score"), on=["language", "id"], suffixes=("", "_clean"))
    return found


def _fields(text: Any) -> dict[str, str]:
    """The fields of a shown row, from JSON; the text as it is where it is none; nothing where there is no text."""
    if not isinstance(text, str):
        return {}
    try:
        told = parse(text)
    except ValueError:
        return {"text": text}
    if not isinstance(told, dict):
        return {"text": text}
    return {
        str(name): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in told.items()
    }


def _marked(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Each field that holds text of the row, long stretches without edits cut short."""
    for name, text in after.items():
        old = before.get(name, text)
        if name not in ANSWERS and text:
            told = changes(old, text) if max(len(old), len(text)) <= LONG and old != text else [(text, "", "")]
            yield name, tuple((_short(kept), gone, come) for kept, gone, come in told)


def _short(kept: str) -> str:
    return kept if len(kept) <= 3 * AROUND else f"{kept[:AROUND]} … {kept[-AROUND:]}"


def _said(answer: Any, labels: tuple[str, ...]) -> str:
    """An answer from JSON as a reader would say it: labels by name, of several right ones the first, nothing as such."""
    if not isinstance(answer, str):
        return "n/a"
    try:
        told = parse(answer)
    except ValueError:
        return answer
    if isinstance(told, list) and told and all(isinstance(tag, int) and 0 <= tag < len(labels) for tag in told):
        return " ".join(labels[tag] for tag in told)
    if isinstance(told, list):
        told = told[0] if told else ""
    if isinstance(told, int) and not isinstance(told, bool):
        return labels[told] if 0 <= told < len(labels) else str(told)
    return "no answer" if told in ("", None) else str(told)
