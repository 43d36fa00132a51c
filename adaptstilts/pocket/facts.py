"""Facts without a language: things, clauses and texts, from which every language says the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """A participant: a common noun with its adjective and number, or a name.

    `ask` turns it into a question word ("who", "what") or asks for its number ("how_many").
    `entity` is "" or the type of its name: PER, ORG or LOC.
    """

    noun: str = ""
    adjective: str = ""
    count: int = 1
    digits: bool = False
    name: tuple[str, ...] = ()
    entity: str = ""
    ask: str = ""


@dataclass(frozen=True)
class Clause:
    """One statement or question; `form` says what it states.

    "event"; "state" ("the car was red"); "kind" ("a dog is a animal"); "words", the fixed list of them in `listed`.
    `place` is a Thing with its adposition in `where`, `time` a word with its adposition in `when`;
    `fronted` names the adjunct that is said first. `ask` is "where" or "when" if that adjunct is asked for.
    """

    verb: str = ""
    agent: Thing = Thing()
    patient: Thing | None = None
    place: Thing | None = None
    where: str = "in"
    time: str = ""
    when: str = "on"
    negated: bool = False
    passive: bool = False
    fronted: str = ""
    ask: str = ""
    form: str = "event"
    state: str = ""
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """Clauses with the word before each ("" for none), perhaps reported by somebody, ended by ".", "?" or, if `bare`, nothing."""

    clauses: tuple[Clause, ...]
    links: tuple[str, ...] = ("",)
    speaker: Thing | None = None
    question: bool = False
    bare: bool = False


Text = tuple[Sentence, ...]


def say(*clauses: Clause, links: tuple[str, ...] | None = None, speaker: Thing | None = None) -> Sentence:
    """A statement of one or more clauses; by default they are joined by "and"."""
    return Sentence(clauses, links or ("",) + ("and",) * (len(clauses) - 1), speaker)


def ask(clause: Clause, link: str = "") -> Sentence:
    """A question; `link` is a word before the clause, "why" for instance."""
    return Sentence((clause,), (link,), question=True)


def phrase(*concepts: str, question: bool = False, bare: bool = False) -> Sentence:
    """The words for some concepts, in this order in every language."""
    return Sentence((Clause(form="words", listed=concepts),), question=question, bare=bare)
