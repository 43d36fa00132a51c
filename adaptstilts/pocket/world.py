"""What happens in the pocket world: who does what to whom, where and when, and the ways to say it again or to get it wrong."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from random import Random

from adaptstilts.pocket import vocabulary
from adaptstilts.pocket.facts import Clause, Sentence, Thing, say
from adaptstilts.pocket.vocabulary import CATEGORY, GENRES, OPPOSITE, SYNONYM, Genre

ANIMATE = ("animal", "person")


def split_of(*fact: str) -> str:
    """The split that owns a fact: four fifths of all facts are for training, a tenth each for dev and test."""
    tenth = hashlib.blake2b("/".join(fact).encode(), digest_size=2).digest()[0] % 10
    return "dev" if tenth == 8 else "test" if tenth == 9 else "train"


def base(word: str) -> str:
    """The first of a word and its synonym: one spelling for one meaning."""
    return min(word, SYNONYM[word]) if word in SYNONYM else word


def core(clause: Clause) -> tuple[str, ...]:
    """What identifies an event: verb, agent and patient, whatever the words for them."""
    who = " ".join(clause.agent.name) or base(clause.agent.noun)
    whom = (" ".join(clause.patient.name) or base(clause.patient.noun)) if clause.patient else ""
    return base(clause.verb), who, whom


class World:
    """Draws facts of one genre for one split (or any, if `split` is "")."""

    def __init__(self, genre: str, rng: Random, split: str = "") -> None:
        self.genre: Genre = GENRES[genre]
        self.rng = rng
        self.split = split

    # words and things

    def noun(self, categories: tuple[str, ...] = vocabulary.CATEGORIES) -> str:
        """A noun of one of the categories, or its synonym."""
        return self.same(self.rng.choice(self.genre.nouns[self.rng.choice(categories)]))

    def same(self, word: str) -> str:
        """The word or its synonym, evenly."""
        return SYNONYM[word] if word in SYNONYM and self.rng.random() < 0.5 else word

    def verb(self) -> str:
        """A verb or its synonym."""
        return self.rng.choice(self.rng.choice(self.genre.verbs))

    def adjective(self) -> str:
        """An adjective with an opposite, more often than a colour."""
        if self.rng.random() < 0.3:
            return self.rng.choice(self.genre.colours)
        return self.rng.choice(self.rng.choice(self.rng.choice(self.genre.opposites)))

    def person(self, long: float = 0.4) -> Thing:
        """A named person, with a surname at the given odds."""
        first = self.rng.choice(self.genre.first_names)
        name = (first, self.rng.choice(self.genre.surnames)) if self.rng.random() < long else (first,)
        return Thing(name=name, entity="PER")

    def firm(self) -> Thing:
        """An organisation: a surname or a town with "bank", "works" …"""
        head = self.rng.choice(self.genre.surnames + self.genre.towns)
        return Thing(name=(head, self.rng.choice(self.genre.firm_words)), entity="ORG")

    def town(self) -> Thing:
        """A named place, sometimes of two words."""
        name: tuple[str, ...] = (self.rng.choice(self.genre.towns),)
        if self.rng.random() < 0.5:
            name = (self.rng.choice(self.genre.town_words), *name)
        return Thing(name=name, entity="LOC")

    def thing(self, categories: tuple[str, ...] = vocabulary.CATEGORIES, plain: bool = False) -> Thing:
        """A common noun; unless `plain`, often with an adjective or a number."""
        noun = self.noun(categories)
        if plain:
            return Thing(noun)
        dice = self.rng.random()
        count = self.rng.randint(2, 7) if dice < 0.25 else 1
        adjective = self.adjective() if dice > 0.45 else ""
        return Thing(noun, adjective, count, digits=self.rng.random() < 0.3)

    def agent(self) -> Thing:
        """Somebody who acts: a named person, an animal or a person."""
        dice = self.rng.random()
        if dice < 0.3:
            return self.person()
        return self.thing(ANIMATE)

    def place(self, towns: float = 0.25) -> Thing:
        """A place, named at the given odds."""
        if self.rng.random() < towns:
            return self.town()
        return Thing(self.rng.choice(self.genre.places))

    # clauses

    def event(self, places: float = 0.5, times: float = 0.3, animate: bool = False) -> Clause:
        """An event of this split; agent and patient are different things, both alive if `animate`."""
        while True:
            clause = self._event(places, times, animate)
            parts = core(clause)
            if parts[1] != parts[2] and (not self.split or split_of(*parts) == self.split):
                return clause

    def _event(self, places: float, times: float, animate: bool) -> Clause:
        rng = self.rng
        return Clause(
            verb=self.verb(),
            agent=self.agent(),
            patient=self.agent() if animate or rng.random() < 0.2 else self.thing(),
            place=self.place() if rng.random() < places else None,
            where=rng.choice(("in", "near")),
            time=rng.choice(self.genre.times) if rng.random() < times else "",
            when=self.genre.when,
            passive=rng.random() < 0.3,
            fronted=rng.choice(("", "", "", "place", "time")),
        )

    def state(self, thing: Thing, word: str) -> Clause:
        """The statement that a thing is so."""
        return Clause(form="state", agent=replace(thing, adjective=""), state=word)

    def longer(self, clause: Clause) -> Sentence:
        """Genre b's way of speaking: a second event beside it, or somebody who said so."""
        dice = self.rng.random()
        if dice < 0.35:
            return say(clause, speaker=self.person(long=0.7))
        if dice < 0.7:
            return say(clause, self.event(places=0.2, times=0.1), links=("", self.rng.choice(("and", "while"))))
        return say(clause)

    # the same again

    def thing_again(self, thing: Thing) -> Thing:
        """The same thing in other words: synonyms, digits for numbers."""
        if thing.name:
            return thing
        adjective = self.same(thing.adjective) if thing.adjective else ""
        return replace(thing, noun=self.same(thing.noun), adjective=adjective, digits=self.rng.random() < 0.3)

    def again(self, clause: Clause, flip: float = 0.5) -> Clause:
        """The same clause in other words; its voice changes at the odds `flip`."""
        patient = self.thing_again(clause.patient) if clause.patient else None
        passive = clause.passive ^ (self.rng.random() < flip) if patient else False
        fronted = clause.fronted if self.rng.random() < 0.6 else self.rng.choice(("", "place", "time"))
        return replace(
            clause,
            verb=self.same(clause.verb),
            agent=self.thing_again(clause.agent),
            patient=patient,
            passive=passive,
            fronted=fronted,
            state=self.same(clause.state) if clause.form == "state" else clause.state,
        )


def swapped(clause: Clause) -> Clause:
    """The same clause with agent and patient exchanged."""
    assert clause.patient is not None
    return replace(clause, agent=clause.patient, patient=clause.agent)


def category(noun: str) -> str:
    """The category word of a noun."""
    return CATEGORY[noun]


def opposite(adjective: str) -> str:
    """The opposite of an adjective; "" for colours."""
    return OPPOSITE.get(adjective, "")
