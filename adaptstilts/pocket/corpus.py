"""The text that the pocket encoder reads: stories, passages with questions, lore, and the same thing said in two ways."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

from adaptstilts.pocket import vocabulary
from adaptstilts.pocket.facts import Clause, Sentence, Text, Thing, phrase, say
from adaptstilts.pocket.grammar import Constituent, grammar
from adaptstilts.pocket.inference import contradicted, entailed, neutral
from adaptstilts.pocket.passages import Asked, asked, passage
from adaptstilts.pocket.stories import states, story
from adaptstilts.pocket.twin import answer_pieces
from adaptstilts.pocket.world import World, category, swapped


class Row(NamedTuple):
    """A row of one or two segments; `guess` is (segment, start, end) of characters that are hidden more often than others."""

    first: str
    second: str = ""
    guess: tuple[int, int, int] = (0, 0, 0)


def pick(rng: Random, codes: tuple[str, ...], english: float = 0.3) -> str:
    """A language, English at the given odds."""
    return codes[0] if rng.random() < english else rng.choice(codes[1:])


def two(rng: Random, codes: tuple[str, ...]) -> tuple[str, str]:
    """Two different languages, one of them English half of the time."""
    one = pick(rng, codes, 0.5)
    return one, rng.choice([code for code in codes if code != one])


class Told(NamedTuple):
    """A text, and its content words: first and last character, and what the word means in which role."""

    text: str
    words: tuple[tuple[int, int, tuple[str, str]], ...]


CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "NUM", "PRON", "ADV"})


def told(rng: Random, text: Text, code: str, codes: tuple[str, ...]) -> Told:
    """A text in one language, now and then with words of another, and the place of every content word."""
    by = grammar(code)
    pieces = mixed(rng, text, code, codes)
    places = zip(pieces, by.offsets(pieces), strict=True)
    words = ((at, at + len(p.text), (p.concept, p.role)) for p, at in places if p.upos in CONTENT)
    return Told(by.join(pieces), tuple(words))


def aligned(rng: Random, codes: tuple[str, ...]) -> list[tuple[Told, Told]]:
    """A short text in two languages, and nearly the same words with another meaning in the same two."""
    world = World(rng.choice("ab"), rng)
    one, other = two(rng, codes)
    clause = event(world)
    speaker = world.person() if rng.random() < 0.2 else None
    if rng.random() < 0.15:
        sentences = [lore(world), lore(world)]
    else:
        sentences = [say(clause, speaker=speaker), say(nearly(world, clause), speaker=speaker)]
    found = []
    for sentence in sentences:
        same = again(world, sentence) if rng.random() < 0.4 else sentence
        found.append((told(rng, (sentence,), one, codes), told(rng, (same,), other, codes)))
    return found


def nearly(world: World, clause: Clause) -> Clause:
    """Another fact in nearly the same words: exchanged roles, or one detail changed."""
    dice = world.rng.random()
    if dice < 0.5 and clause.patient:
        return swapped(world.again(clause, flip=0.3))
    return (neutral if dice < 0.75 else contradicted)(world, clause)


def related_pair(rng: Random, codes: tuple[str, ...], same: float) -> Row:
    """A text and its translation, or at the odds `same` its paraphrase or consequence in the same language."""
    world = World(rng.choice("ab"), rng)
    if rng.random() < same:
        one = other = pick(rng, codes, 0.4)
    else:
        one, other = two(rng, codes)
    clause = event(world)
    sentence = world.longer(clause) if rng.random() < 0.4 else say(clause)
    first, second = (sentence,), (again(world, sentence) if one == other or rng.random() < 0.5 else sentence,)
    if rng.random() < 0.2:
        second = (say(entailed(world, clause)),)
    return Row(written(rng, first, one, codes), written(rng, second, other, codes))


def again(world: World, sentence: Sentence) -> Sentence:
    """A sentence with every clause in other words."""
    return replace(sentence, clauses=tuple(world.again(clause) for clause in sentence.clauses))


def event(world: World) -> Clause:
    """An event, now and then denied, half of the time between two who could change places."""
    clause = world.event(animate=world.rng.random() < 0.4)
    return replace(clause, negated=world.rng.random() < 0.12)


def short(world: World) -> Sentence:
    """One sentence of any sort."""
    dice = world.rng.random()
    if dice < 0.15:
        return lore(world)
    return world.longer(event(world)) if dice < 0.4 else say(event(world))


def document(rng: Random, codes: tuple[str, ...]) -> Row:
    """A text of one language: a passage beside a question with its answer, a story, or lore."""
    world = World(rng.choice("ab"), rng)
    code = pick(rng, codes)
    dice = rng.random()
    if dice < 0.65:
        return _answered(world, code, code if rng.random() < 0.8 else pick(rng, codes), codes)
    if dice < 0.82:
        return Row(written(rng, tale(world), code, codes))
    if dice < 0.9:
        return Row(written(rng, tuple(lore(world) for _ in range(rng.randint(2, 3))), code, codes))
    return _cause_and_effect(world, code, codes)


def _answered(world: World, code: str, other: str, codes: tuple[str, ...]) -> Row:
    """The answer is to be guessed from the passage, or the words of the passage from the answer."""
    drawn = asked(world, passage(world, world.rng.randint(1, 3)))
    by = grammar(other)
    pieces = by.sentence(drawn.context[drawn.sentence])
    answer = by.join([pieces[i] for i in answer_pieces(pieces, drawn)])
    question = by.text((drawn.question,))
    context, place = _passage(world.rng, drawn, code, codes)
    if world.rng.random() < 0.5:
        place = (1, len(question) + 1, len(question) + 1 + len(answer))
    row = Row(context, f"{question} {answer}", place)
    return row if world.rng.random() < 0.5 else Row(row.second, row.first, (1 - place[0], *place[1:]))


def _passage(rng: Random, drawn: Asked, code: str, codes: tuple[str, ...]) -> tuple[str, tuple[int, int, int]]:
    by = grammar(code)
    sentences = [by.sentence(sentence) for sentence in drawn.context]
    before = sum(len(sentence) for sentence in sentences[: drawn.sentence])
    found = answer_pieces(sentences[drawn.sentence], drawn)
    pieces = mixed(rng, drawn.context, code, codes)
    starts = by.offsets(pieces)
    end = before + found[-1]
    return by.join(pieces), (0, starts[before + found[0]], starts[end] + len(pieces[end].text))


def _cause_and_effect(world: World, code: str, codes: tuple[str, ...]) -> Row:
    clause, patient = _done_to_a_thing(world)
    at = world.rng.randint(0, 1)
    state = world.state(patient, world.same(states(world, clause)[at]))
    word = ("cause", "effect")[at]
    by = grammar(code)
    said = word if world.rng.random() < 0.5 else by.words[word]
    return Row(written(world.rng, (say(clause),), code, codes), f"{said} {by.text((say(state),))}")


def _done_to_a_thing(world: World) -> tuple[Clause, Thing]:
    """An event, and its patient, which has no name."""
    while True:
        clause = event(world)
        if clause.patient and clause.patient.noun:
            return clause, clause.patient


def tale(world: World) -> Text:
    """Steps of a script in order, then what was the cause of one, or its effect."""
    told = story(world)
    first = world.rng.randint(0, 1)
    steps = told.verbs[first : first + world.rng.randint(3, 4)]
    text = [say(told.start(world, steps[0]))]
    text += [say(told.step(world, verb), links=("then",)) for verb in steps[1:]]
    if world.rng.random() < 0.5:
        text[-1] = consequence(world, told.step(world, steps[-1]))
    return tuple(text)


def consequence(world: World, clause: Clause) -> Sentence:
    """An event because of a state, or so that a state came of it."""
    at = world.rng.randint(0, 1)
    assert clause.patient is not None
    state = world.state(clause.patient, world.same(states(world, clause)[at]))
    return say(clause, state, links=("", ("because", "so")[at]))


def lore(world: World) -> Sentence:
    """What everybody knows: kinds, opposites, synonyms, homes, causes."""
    rng, genre = world.rng, world.genre
    dice = rng.random()
    if dice < 0.2:
        noun = world.noun()
        if rng.random() < 0.5:
            return phrase("a", noun, "is", "a", "kind", "of", category(noun))
        return say(Clause(form="kind", agent=Thing(noun), state=category(noun)))
    if dice < 0.55:
        return _adjective_lore(world)
    if dice < 0.75:
        noun = world.noun()
        return phrase("the", noun, "is", "found", "in", "the", genre.homes[category(noun)])
    clause, _ = _done_to_a_thing(world)
    return consequence(world, replace(clause, place=None, negated=False))


def _adjective_lore(world: World) -> Sentence:
    one, other = world.rng.sample(world.rng.choice(world.genre.opposites), 2)
    if world.rng.random() < 0.5:
        return phrase("the", "opposite", "of", world.rng.choice(one), "is", world.rng.choice(other))
    pair = one
    if world.rng.random() < 0.4:
        pair = world.rng.choice(world.genre.verbs)
    elif world.rng.random() < 0.3:
        pair = world.rng.choice(list(vocabulary.SYNONYMS.items()))
    a, b = world.rng.sample(pair, 2)
    return phrase("the", "same", "as", a, "is", b)


def written(rng: Random, text: Text, code: str, codes: tuple[str, ...]) -> str:
    """A text in one language, now and then with words of another, or with spaces where the language has none."""
    by = grammar(code)
    pieces = mixed(rng, text, code, codes)
    if not by.language.spaced and rng.random() < 0.15:
        return " ".join(piece.text for piece in pieces)
    return by.join(pieces)


def mixed(rng: Random, text: Text, code: str, codes: tuple[str, ...]) -> list[Constituent]:
    """The words of a text; at the odds 0.2 a third of them are another language's."""
    pieces = grammar(code).sentences(text)
    if rng.random() > 0.2:
        return pieces
    other = grammar(pick(rng, tuple(c for c in codes if c != code)))
    return switched(rng, pieces, other.sentences(text))


def switched(rng: Random, pieces: list[Constituent], others: list[Constituent]) -> list[Constituent]:
    """Some words replaced by those of another language with the same meaning and role."""
    known = {(p.concept, p.role): p.text for p in others if p.upos not in ("PUNCT", "ADP", "AUX")}
    return [
        p._replace(text=known[p.concept, p.role]) if (p.concept, p.role) in known and rng.random() < 0.35 else p
        for p in pieces
    ]
