"""What a twin is: a generator that draws a plan without a language and turns it into a row in any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adaptstilts.ids import rng_for
from adaptstilts.pocket.facts import Sentence, Text, Thing
from adaptstilts.pocket.grammar import Constituent, Grammar, grammar
from adaptstilts.pocket.languages import languages
from adaptstilts.pocket.passages import Asked
from adaptstilts.pocket.world import World
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, Row, SpanRow, TaggingRow


@dataclass(frozen=True)
class PairFacts:
    """Two texts; their label is the one drawn."""

    first: Text
    second: Text


@dataclass(frozen=True)
class ChoiceFacts:
    """A context, a question (a text, or a fixed word), and choices of which the first is right."""

    context: Text
    question: Text | str
    choices: tuple[Text, ...]


@dataclass(frozen=True)
class Tagged:
    """A text whose words carry a field of Piece as their tag."""

    text: Text
    of: str


@dataclass(frozen=True)
class Found:
    """A text to be found by its English version."""

    text: Text


@dataclass(frozen=True)
class Labelled:
    """One text with a label."""

    text: Text


@dataclass(frozen=True)
class Piled:
    """A text, and the English sentence that lies beside it in the other pile: its own, or that of another text."""

    text: Text
    other: Text | None = None


@dataclass(frozen=True)
class Sought:
    """A question and the sentence of a passage that answers it, to be found with the passage around it."""

    asked: Asked


@dataclass(frozen=True)
class Mentioned:
    """A name in a text, and what is known of its bearer in one language, the `home`th, whatever language it is met in."""

    named: Thing
    text: Text
    known: Text
    home: int


Plan = PairFacts | ChoiceFacts | Tagged | Found | Asked | Labelled | Piled | Sought | Mentioned


class Identity(NamedTuple):
    """What every row begins with."""

    id: str
    language: str
    source: str


SIZES = {"train": 12000, "dev": 400, "test": 500}


@dataclass(frozen=True)
class Twin:
    """A declaration: `draw(world, label)` returns a plan for a row of that label; `classes` is how many labels are drawn.

    For multiple choice the label drawn is the place of the right choice.
    """

    name: str
    genre: str
    labels: tuple[str, ...]
    draw: Callable[[World, int], Any]
    classes: int = 1
    sizes: dict[str, int] = field(default_factory=lambda: dict(SIZES))


def make(twin: Twin, split: str, language: str, n: int, seed: int) -> list[Row]:
    """The first n rows of one twin; row i depends on nothing but its own number."""
    return [_row(twin, split, language, seed, i) for i in range(n)]


def plan(twin: Twin, split: str, seed: int, i: int) -> tuple[Any, int]:
    """The plan of row i with its label; in every run of `classes` rows each label occurs once."""
    block, place = divmod(i, twin.classes)
    labels = list(range(twin.classes))
    rng_for("pocket labels", twin.name, split, seed, block).shuffle(labels)
    rng = rng_for("pocket twin", twin.name, split, seed, i)
    return twin.draw(World(twin.genre, rng, split), labels[place]), labels[place]


def _row(twin: Twin, split: str, language: str, seed: int, i: int) -> Row:
    drawn, label = plan(twin, split, seed, i)
    source = f"{twin.name}-{split}-{seed}-{i}"
    identity = Identity(f"{source}-{language}", language, source)
    return _WRITERS[type(drawn)](twin, drawn, label, grammar(language), identity)


def _pair(twin: Twin, drawn: PairFacts, label: int, by: Grammar, identity: Identity) -> Row:
    return ClassificationRow(*identity, by.text(drawn.first), by.text(drawn.second), label)


def _choice(twin: Twin, drawn: ChoiceFacts, label: int, by: Grammar, identity: Identity) -> Row:
    question = drawn.question if isinstance(drawn.question, str) else by.text(drawn.question)
    choices = [by.text(choice) for choice in drawn.choices]
    choices.insert(label, choices.pop(0))
    return ChoiceRow(*identity, by.text(drawn.context), question, tuple(choices), label)


def _span(twin: Twin, drawn: Asked, label: int, by: Grammar, identity: Identity) -> Row:
    sentences = [by.sentence(sentence) for sentence in drawn.context]
    pieces = [piece for sentence in sentences for piece in sentence]
    answers: tuple[Answer, ...] = ()
    if drawn.role:
        skip = sum(len(sentence) for sentence in sentences[: drawn.sentence])
        wanted = answer_pieces(sentences[drawn.sentence], drawn)
        first, last = skip + wanted[0], skip + wanted[-1]
        starts, text = by.offsets(pieces), by.join(pieces)
        end = starts[last] + len(pieces[last].text)
        answers = (Answer(text[starts[first] : end], starts[first]),)
    question = by.text((drawn.question,))
    return SpanRow(*identity, by.join(pieces), question, answers)


def answer_pieces(pieces: list[Constituent], drawn: Asked) -> list[int]:
    """Which words of a sentence are the answer: those of the role, without an article; only the number if that is asked."""
    role = f"{drawn.role} {drawn.clause}" if drawn.clause else drawn.role
    found = [i for i, p in enumerate(pieces) if p.role == role and p.concept not in ("the", "a")]
    return [i for i in found if pieces[i].upos == "NUM"] if drawn.number else found


def _tagged(twin: Twin, drawn: Tagged, label: int, by: Grammar, identity: Identity) -> Row:
    pieces = by.sentences(drawn.text)
    tags = tuple(twin.labels.index(getattr(piece, drawn.of)) for piece in pieces)
    return TaggingRow(*identity, tuple(piece.text for piece in pieces), tags)


def _found(twin: Twin, drawn: Found, label: int, by: Grammar, identity: Identity) -> Row:
    return RetrievalRow(*identity, grammar("en").text(drawn.text), by.text(drawn.text))


def _labelled(twin: Twin, drawn: Labelled, label: int, by: Grammar, identity: Identity) -> Row:
    return ClassificationRow(*identity, by.text(drawn.text), None, label)


def _piled(twin: Twin, drawn: Piled, label: int, by: Grammar, identity: Identity) -> Row:
    key = f"{identity.source}-english"
    candidate = grammar("en").text(drawn.other or drawn.text)
    answers = () if drawn.other else (key,)
    return RetrievalRow(*identity, by.text(drawn.text), candidate, key, answers)


def _sought(twin: Twin, drawn: Sought, label: int, by: Grammar, identity: Identity) -> Row:
    key, asked = identity.id, drawn.asked
    query, answer = by.text((asked.question,)), by.text((asked.context[asked.sentence],))
    return RetrievalRow(*identity, query, answer, key, (key,), by.text(asked.context))


def _mentioned(twin: Twin, drawn: Mentioned, label: int, by: Grammar, identity: Identity) -> Row:
    source, codes = identity.source, list(languages())
    query = f"{by.join(by.thing(drawn.named, 'agent'))} {by.text(drawn.text)}"
    home = codes[drawn.home % len(codes)]
    known, told = grammar(home).text(drawn.known), "" if home == identity.language else home
    return RetrievalRow(*identity, query, known, source, (source,), candidate_language=told)


_WRITERS: dict[type, Callable[[Twin, Any, int, Grammar, Identity], Row]] = {
    PairFacts: _pair,
    ChoiceFacts: _choice,
    Asked: _span,
    Tagged: _tagged,
    Found: _found,
    Labelled: _labelled,
    Piled: _piled,
    Sought: _sought,
    Mentioned: _mentioned,
}


def alone(sentence: Sentence) -> Text:
    """A text of one sentence."""
    return (sentence,)
