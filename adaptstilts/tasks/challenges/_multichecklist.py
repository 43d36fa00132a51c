"""MultiCheckList's test cases, made from its public templates file without the `checklist` package.

The file (google-research/xtreme, multichecklist/checklist_templates.tsv) has a column a language, or several where one
template has several translations; a column `{language}-placeholders` beside each names the English values for which that
translation holds. Rows are a test's name, its contexts, its questions each followed by its answer, and its slots' values.

One case fills one choice of values into all contexts and questions of a test, and asks every question of every context.
Departures from the original generator: translations are chosen by their placeholders in every language alike, where it
has rules for some languages and lists of values joined by chance for others; values are split at the comma of any script;
names come from a list of our own, for the original's are Wikidata's; and an answer that does not stand in its context as
written (inflected, or with another article) is gold in the form that does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from adaptstilts.errors import DataMissing
from adaptstilts.files import read_lines
from adaptstilts.ids import rng_for
from adaptstilts.metrics.checklist import clean
from adaptstilts.tasks.challenges._names import NAMES

VERSION = 1
CASES = 200
"""Cases a test, as in XTREME-R."""

TESTS = {
    "A is COMP than B. Who is more / less COMP?": "comparison",
    "Intensifiers (very, super, extremely) and reducers (somewhat, kinda, etc)?": "intensifiers",
    "size, shape, age, color": "properties",
    "Profession vs nationality": "profession",
    "Animal vs Vehicle": "animal_vehicle",
    "Animal vs Vehicle v2": "animal_vehicle_v2",
}
_SLOTS = {
    "comparison": ("adj",),
    "intensifiers": ("state", "very", "somewhat"),
    "properties": ("obj",),
    "profession": ("nationality", "profession"),
    "animal_vehicle": ("animal", "vehicle"),
    "animal_vehicle_v2": ("animal", "vehicle"),
}

_ATTEMPTS = 50
_SLOT = re.compile(r"\{(?:(\w+):)?([a-z_]+)(\d*)(?:\[(\d+)\]|\.(\w+))?\}")
_COMMAS = re.compile(r"\s*[,،，၊]+\s*")

Cells = tuple[tuple[str, str], ...]
"""Translations of one template or value, each with its placeholders."""


@dataclass(frozen=True)
class TestLine:
    """One row of the file in one language: what it is, its English text, its translations."""

    label: str
    english: str
    cells: Cells


@dataclass
class Templates:
    """One test in one language."""

    contexts: list[TestLine] = field(default_factory=list)
    questions: list[TestLine] = field(default_factory=list)
    answers: list[TestLine] = field(default_factory=list)
    values: dict[str, list[TestLine]] = field(default_factory=dict)

    def lines(self) -> list[TestLine]:
        return [*self.contexts, *self.questions, *self.answers]


class UnfitError(Exception):
    """A choice of values that some template of the language has no form for."""


def read(path: Path, language: str, cases: int = CASES) -> list[dict[str, Any]]:
    """The records of all tests in one language, one question each, a case's together, the tests taking turns.

    A record's id is `{test}-{case}-{question}`. A test that the file has no templates for in the language is left out;
    DataMissing if that is all of them, or if the file is not MultiCheckList's.
    """
    tests = parse(path, language)
    made = [_cases(name, tests, language, cases) for name in _SLOTS if name in tests]
    turns = itertools.zip_longest(*made, fillvalue=())
    records = [record for turn in turns for case in turn for record in case]
    if not records:
        raise DataMissing(f"the file has no templates for {language!r}", where=str(path), do="See its first line.")
    return records


def parse(path: Path, language: str) -> dict[str, Templates]:
    """The tests of one language by short name; DataMissing if the file is not MultiCheckList's."""
    rows = [[*line.split("\t"), ""] for line in read_lines(path)]
    header = rows[0]
    if header[:2] != ["Field", "en"]:
        raise DataMissing("the first line is not MultiCheckList's", where=str(path), do="It begins with Field and en.")
    places = [i for i, name in enumerate(header) if name == language]
    found: dict[str, Templates] = {}
    test = Templates()
    for row in rows[1:]:
        label = row[0].strip()
        if label == "Name":
            test = found.setdefault(TESTS.get(row[1].strip(), row[1].strip()), Templates())
        elif label and label != "Capability":
            _add(test, TestLine(label, row[1].strip(), tuple(_cells(row, header, places))))
    return {name: test for name, test in found.items() if any(line.cells for line in test.contexts)}


def _cells(row: Sequence[str], header: Sequence[str], places: Sequence[int]) -> Iterator[tuple[str, str]]:
    padded = [*row, *[""] * (len(header) + 1 - len(row))]
    for place in places:
        paired = place + 1 < len(header) and header[place + 1].endswith("-placeholders")
        if padded[place].strip():
            yield padded[place].strip(), padded[place + 1].strip() if paired else ""


def _add(test: Templates, line: TestLine) -> None:
    kinds = {"Context": test.contexts, "Question": test.questions, "Answer": test.answers}
    if line.label in kinds:
        kinds[line.label].append(line)
    elif line.cells:
        test.values.setdefault(line.label, []).append(line)


def _cases(name: str, tests: Mapping[str, Templates], language: str, count: int) -> list[list[dict[str, Any]]]:
    """The records of each case; a case whose every choice is unfit is left out."""
    values = tests["animal_vehicle" if name == "animal_vehicle_v2" and "animal_vehicle" in tests else name].values
    found = []
    for case in range(count):
        for attempt in range(_ATTEMPTS):
            draw = rng_for("multichecklist", VERSION, name, case, attempt)
            try:
                records = list(_Case(name, tests[name], values, language, draw).records(f"{name}-{case:03d}"))
            except UnfitError:
                continue
            found.append(records)
            break
    return found


class _Case:
    """One choice of values, filled into the templates of a test."""

    def __init__(
        self, name: str, test: Templates, values: Mapping[str, list[TestLine]], language: str, draw: Random
    ) -> None:
        self.test, self.language = test, language
        self.chosen = {slot: _pick(values.get(slot, []), draw) for slot in _SLOTS[name]}
        self.vocabulary = {slot: _vocabulary(values[slot]) for slot in self.chosen}
        self.properties: list[tuple[TestLine, TestLine]] = []
        if name == "properties":
            self.properties = _two_properties(values, draw)
            self.vocabulary["property"] = _vocabulary(values["property"])
        self.vocabulary["line"] = {line.english for line in test.lines()}
        self.names = draw.sample(NAMES[language], 3)

    def records(self, name: str) -> Iterator[dict[str, Any]]:
        contexts = [self._form(line, line, 0) for line in self.test.contexts]
        asked = [
            (self._form(question, question, i), answer, i)
            for i, (question, answer) in enumerate(zip(self.test.questions, self.test.answers, strict=False))
        ]
        pairs = itertools.product(zip(self.test.contexts, contexts, strict=True), asked)
        for number, ((line, template), (question, answer, i)) in enumerate(pairs):
            context = self._fill(template, line, 0)
            golds = self._golds(context, line, answer, i)
            yield {
                "id": f"{name}-{number:02d}",
                "source": f"{self.language}-{name}",
                "context": context,
                "question": self._fill(question, self.test.questions[i], i),
                "answers": {"text": golds, "answer_start": [context.index(gold) for gold in golds]},
            }

    def _form(self, value: TestLine, line: TestLine, position: int) -> str:
        """The translation that holds for the chosen values: one that names them, or else one that names none."""
        plain = [text for text, placeholders in value.cells if not placeholders]
        named = [text for text, placeholders in value.cells if self._holds(placeholders, line, position)]
        if not named and not plain:
            raise UnfitError
        return (named or plain)[0]

    def _holds(self, placeholders: str, line: TestLine, position: int) -> bool:
        """Whether the placeholders name the chosen value of every slot that they name any value of."""
        listed = set(_COMMAS.split(placeholders))
        play = {slot: _names(value.english) for slot, value in self.chosen.items()}
        play["line"] = {line.english}
        if self.properties:
            play["property"] = _names(self.properties[min(position, 1)][0].english)
        touched = [slot for slot, known in self.vocabulary.items() if listed & known]
        return bool(touched) and all(listed & play[slot] for slot in touched)

    def _golds(self, context: str, line: TestLine, answer: TestLine, position: int) -> list[str]:
        """The answer as written, with the forms of the context, and its bare values: those that stand in the context."""
        written = [text for cell in answer.cells for text in cell if "{" in text]
        tries = [self._fill(text, by, position) for text in written for by in (answer, line)]
        tries += [clean(text, self.language) for text in tries]
        tries += [self._fill(match.group(), line, position) for text in written for match in _SLOT.finditer(text)]
        golds = [text for text in dict.fromkeys(tries) if text and text in context]
        if not golds:
            raise UnfitError
        return golds

    def _fill(self, template: str, line: TestLine, position: int) -> str:
        return _SLOT.sub(lambda match: self._value(match, line, position), template)

    def _value(self, match: re.Match[str], line: TestLine, position: int) -> str:
        option, slot, number, index, part = match.groups()
        if slot in ("first_name", "male"):
            return self.names[int(number or 0) % len(self.names)]
        if slot == "p" and self.properties and part in ("p1", "p2", "v1", "v2"):
            named, value = self.properties[int(part[1]) - 1]
            text = self._form(named if part[0] == "p" else value, line, int(part[1]) - 1)
        else:
            slot = "state" if slot == "s" else slot
            if slot not in self.chosen:
                raise UnfitError
            text = self._form(self.chosen[slot], line, position)
        if index is not None:
            forms = _forms(text)
            if int(index) >= len(forms):
                raise UnfitError
            text = forms[int(index)]
        return text[:1].upper() + text[1:] if option == "c" else text


def _pick(lines: Sequence[TestLine], draw: Random) -> TestLine:
    if not lines:
        raise UnfitError
    return draw.choice(lines)


def _two_properties(values: Mapping[str, list[TestLine]], draw: Random) -> list[tuple[TestLine, TestLine]]:
    """Two different properties with a value of each; every combination of values is as likely as any other."""
    kinds = [line for line in values.get("property", []) if values.get(line.english)]
    weights = {(a, b): len(values[a.english]) * len(values[b.english]) for a, b in itertools.combinations(kinds, 2)}
    if not weights:
        raise UnfitError
    pair = draw.choices(list(weights), list(weights.values()))[0]
    return [(kind, draw.choice(values[kind.english])) for kind in pair]


def _forms(text: str) -> list[str]:
    """The forms of one value; scripts without commas set blanks between them (Thai)."""
    return [form for form in (_COMMAS.split(text) if _COMMAS.search(text) else text.split(" ")) if form]


def _names(english: str) -> set[str]:
    """What placeholders may call an English value: one of its forms, or a form's last word."""
    forms = {english, *_COMMAS.split(english)}
    return forms | {form.split(" ")[-1] for form in forms if form}


def _vocabulary(lines: Sequence[TestLine]) -> set[str]:
    return {name for line in lines for name in _names(line.english)}
