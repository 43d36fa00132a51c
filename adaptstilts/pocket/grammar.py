"""How a language says a fact: words in order, each with its role, tag and category, then text with offsets."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from adaptstilts.pocket import vocabulary
from adaptstilts.pocket.facts import Clause, Sentence, Text, Thing
from adaptstilts.pocket.language import Language, words
from adaptstilts.pocket.languages import language as named


class Constituent(NamedTuple):
    """A word as it is written; `role` says whose it is ("agent", "verb", "place" …), `concept` the English word behind it."""

    text: str
    concept: str
    role: str
    upos: str
    category: str
    entity: str = "O"


PUNCTUATION = frozenset({".", "?", ","})


class Grammar:
    """The realiser of one language; make it with `grammar(code)`."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.words = words(language)
        first, second = language.order.index("S"), language.order.index("V")
        self.verb_last = language.order.endswith("V")
        self.verb_first = language.order.startswith("V")
        subject = "\\NP" if first < second else "/NP"
        self.s_np = "S" + subject
        self.transitive = f"({self.s_np})" + ("/NP" if language.order.index("O") > second else "\\NP")
        self.modifier = "N\\N" if language.adjective_after else "N/N"

    # phrases

    def thing(self, thing: Thing, role: str, mark: str = "", generic: bool = False) -> list[Constituent]:
        """A noun phrase; `mark` is a suffix ("-x"), a word after the phrase, or nothing."""
        if thing.ask in ("who", "what"):
            pieces = [Constituent(self.words[thing.ask], thing.ask, role, "PRON", "NP")]
        elif thing.name:
            pieces = self._name(thing, role)
        else:
            pieces = self._common(thing, role, generic)
        return self._marked(pieces, role, mark)

    def _name(self, thing: Thing, role: str) -> list[Constituent]:
        tags = ["B-" + thing.entity] + ["I-" + thing.entity] * (len(thing.name) - 1)
        parts = zip(thing.name, tags, strict=True)
        last = len(thing.name) - 1
        return [
            Constituent(self.words[part], part, role, "PROPN", "NP" if at == last else "NP/NP", tag)
            for at, (part, tag) in enumerate(parts)
        ]

    def _common(self, thing: Thing, role: str, generic: bool) -> list[Constituent]:
        language, said = self.language, self.words
        noun = said[thing.noun] + (language.plural if thing.count > 1 or thing.ask == "how_many" else "")
        pieces = [Constituent(noun, thing.noun, role, "NOUN", "N")]
        if thing.adjective:
            adjective = Constituent(said[thing.adjective], thing.adjective, role, "ADJ", self.modifier)
            pieces.insert(1 if language.adjective_after else 0, adjective)
        if thing.ask == "how_many":
            asked = [Constituent(word, "how_many", role, "DET", "NP/N") for word in said["how_many"].split()]
            pieces = asked + pieces
        elif thing.count > 1:
            number = str(thing.count) if thing.digits else said[vocabulary.NUMBERS[thing.count - 2]]
            pieces.insert(0, Constituent(number, vocabulary.NUMBERS[thing.count - 2], role, "NUM", "NP/N"))
        elif language.articles:
            article = "a" if generic else "the"
            pieces.insert(0, Constituent(said[article], article, role, "DET", "NP/N"))
        return pieces

    def _marked(self, pieces: list[Constituent], role: str, mark: str) -> list[Constituent]:
        if not mark:
            return pieces
        if not mark.startswith("-"):
            return [*pieces, Constituent(mark, "mark", role + " mark", "ADP", "NP\\NP")]
        at = max((i for i, p in enumerate(pieces) if p.upos in ("NOUN", "PROPN", "PRON")), default=len(pieces) - 1)
        pieces[at] = pieces[at]._replace(text=pieces[at].text + mark[1:])
        return pieces

    def adjunct(self, word: str, inner: list[Constituent], role: str, front: bool) -> list[Constituent]:
        """An adposition with its phrase: before it, after it, or as a suffix of it."""
        how = self.language.adpositions
        if how == "suffix":
            return self._marked(inner, role, "-" + self.words[word])
        outer = "(S/S)" if front or self.verb_last else "(S\\S)"
        category = outer + ("/NP" if how == "before" else "\\NP")
        piece = Constituent(self.words[word], word, role + " mark", "ADP", category)
        return [piece, *inner] if how == "before" else [*inner, piece]

    def verb(self, lemma: str, passive: bool, negated: bool) -> list[Constituent]:
        """The verb with its auxiliaries and affixes, after the language's four patterns."""
        pieces = []
        for pattern in self.language.verb[2 * passive + negated].split():
            parts = pattern.split("+")
            if "V" not in parts:
                pieces.append(self._auxiliary(pattern))
                continue
            text = "".join(self.words[lemma] if p == "V" else self.language.affixes[p] for p in parts)
            if self.language.code == "en" and lemma.endswith("e") and len(parts) > 1:
                text = self.words[lemma] + "d"
            pieces.append(Constituent(text, lemma, "verb", "VERB", self.s_np if passive else self.transitive))
        return pieces

    def _auxiliary(self, name: str) -> Constituent:
        tag = "PART" if name == "not" else "AUX"
        text = self.words[name] if name in self.words else self.language.affixes[name]
        side = "\\" if self.verb_last and name not in self.words else "/"
        return Constituent(text, name, "verb", tag, f"({self.s_np}){side}({self.s_np})")

    # clauses

    def clause(self, clause: Clause) -> list[Constituent]:
        """One clause, without its end mark."""
        if clause.form == "event":
            return self._event(clause)
        if clause.form == "words":
            return self._listed(clause.listed)
        generic = clause.form == "kind"
        subject = self.thing(clause.agent, "agent", generic=generic)
        if clause.form == "kind":
            rest = self.thing(Thing(clause.state), "state", generic=True)
        elif clause.ask == "state":
            rest = [Constituent(self.words["what"], "what", "state", "PRON", "NP")]
        else:
            rest = [Constituent(self.words[clause.state], clause.state, "state", "ADJ", "S/N")]
        link = "is" if generic else "was"
        copula = [Constituent(self.words[link], link, "verb", "AUX", self.transitive)]
        if clause.negated:
            copula.insert(0 if self.verb_last else 1, self._auxiliary("not"))
        return _ordered(self.language.order, subject, copula, rest)

    def _listed(self, concepts: tuple[str, ...]) -> list[Constituent]:
        articles = self.language.articles
        kept = [c for c in concepts if articles or c not in ("a", "the")]
        return [Constituent(self.words[c], c, f"word{at}", "X", "NP") for at, c in enumerate(kept)]

    def _event(self, clause: Clause) -> list[Constituent]:
        marks = self.language.marks
        verb = self.verb(clause.verb, clause.passive, clause.negated)
        if clause.passive and clause.patient:
            subject = self.thing(clause.patient, "patient")
            inner = self.thing(clause.agent, "agent")
            other = self.adjunct("by", inner, "agent", front=self.verb_last)
        else:
            subject = self.thing(clause.agent, "agent", marks.get("subject", ""))
            other = self.thing(clause.patient, "patient", marks.get("object", "")) if clause.patient else []
        front = self._adjuncts(clause, front=True)
        rest = self._adjuncts(clause, front=False)
        if self.verb_last:
            return [*front, *subject, *rest, *other, *verb]
        core = _ordered(self.language.order, subject, verb, other)
        return [*front, *core, *rest]

    def _adjuncts(self, clause: Clause, front: bool) -> list[Constituent]:
        pieces: list[Constituent] = []
        if (clause.place or clause.ask == "where") and (clause.fronted == "place") == front:
            pieces += self._place(clause, front)
        if (clause.time or clause.ask == "when") and (clause.fronted == "time") == front:
            pieces += self._time(clause, front)
        return pieces

    def _place(self, clause: Clause, front: bool) -> list[Constituent]:
        if clause.ask == "where" or clause.place is None:
            return [Constituent(self.words["where"], "where", "place", "ADV", "S/S" if front else "S\\S")]
        return self.adjunct(clause.where, self.thing(clause.place, "place"), "place", front)

    def _time(self, clause: Clause, front: bool) -> list[Constituent]:
        if clause.ask == "when":
            return [Constituent(self.words["when"], "when", "time", "ADV", "S/S" if front else "S\\S")]
        inner = [Constituent(self.words[clause.time], clause.time, "time", "NOUN", "NP")]
        return self.adjunct(clause.when, inner, "time", front)

    # sentences

    def sentence(self, sentence: Sentence) -> list[Constituent]:
        """All words of a sentence with its end mark."""
        pieces: list[Constituent] = []
        if sentence.speaker:
            pieces += self.thing(sentence.speaker, "speaker")
            verb = Constituent(self.words["said"], "said", "said", "VERB", "(S\\NP)/S")
            pieces += [verb, Constituent(self.words["that"], "that", "said", "SCONJ", "S/S")]
        for at, (link, clause) in enumerate(zip(sentence.links, sentence.clauses, strict=True)):
            if link:
                pieces.append(Constituent(self.words[link], link, "link", _LINK_TAGS.get(link, "SCONJ"), "conj"))
            said = self.clause(clause)
            pieces += [p._replace(role=f"{p.role} {at}") for p in said] if at else said
        if sentence.bare:
            return pieces
        mark = "?" if sentence.question else "."
        text = self.language.question if sentence.question else self.language.stop
        pieces.append(Constituent(text, mark, "end", "PUNCT", "."))
        return pieces

    def sentences(self, text: Text) -> list[Constituent]:
        """All words of several sentences."""
        return [piece for sentence in text for piece in self.sentence(sentence)]

    def text(self, text: Text) -> str:
        """Several sentences as one string."""
        return self.join(self.sentences(text))

    def join(self, pieces: list[Constituent]) -> str:
        """The words as they are written: spaces between words if the language has them, none before an end mark."""
        if not self.language.spaced:
            return "".join(piece.text for piece in pieces)
        return "".join(p.text if p.concept in PUNCTUATION else " " + p.text for p in pieces)[1:]

    def offsets(self, pieces: list[Constituent]) -> list[int]:
        """The first character of each word in `join(pieces)`."""
        starts: list[int] = []
        at = 0
        for piece in pieces:
            at += self.language.spaced and piece.concept not in PUNCTUATION and bool(starts)
            starts.append(at)
            at += len(piece.text)
        return starts


_LINK_TAGS = {"and": "CCONJ", "but": "CCONJ", "so": "ADV", "then": "ADV", "why": "ADV", "after": "SCONJ"}


def _ordered(
    order: str, subject: list[Constituent], verb: list[Constituent], other: list[Constituent]
) -> list[Constituent]:
    by = {"S": subject, "V": verb, "O": other}
    return [piece for letter in order for piece in by[letter]]


@cache
def grammar(code: str) -> Grammar:
    """The realiser of a language by code; raises UnknownName."""
    return Grammar(named(code))
