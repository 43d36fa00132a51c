"""Twin of CommonsenseQA: what kind of thing something is, its opposite, its synonym, and where it is found."""

from adaptstilts.pocket.facts import phrase
from adaptstilts.pocket.twin import ChoiceFacts, Twin, alone
from adaptstilts.pocket.vocabulary import CATEGORIES
from adaptstilts.pocket.world import World, category, opposite, split_of

RELATIONS = ("kind", "opposite", "same", "home")


def draw(world: World, label: int) -> ChoiceFacts:
    """A question on one relation and five words, of which one stands in it."""
    while True:
        relation = world.rng.choice(RELATIONS)
        subject, answer, wrong = fact(world, relation)
        if not world.split or split_of(relation, subject, answer) == world.split:
            break
    choices = tuple(alone(phrase(word, bare=True)) for word in (answer, *world.rng.sample(wrong, 4)))
    return ChoiceFacts((), alone(phrase(*asked(relation, subject), question=True)), choices)


def asked(relation: str, subject: str) -> tuple[str, ...]:
    """The question's words."""
    return {
        "kind": ("what", "is", "a", "kind", "of", subject),
        "opposite": ("what", "is", "the", "opposite", "of", subject),
        "same": ("what", "is", "the", "same", "as", subject),
        "home": ("where", "is", "the", subject, "found"),
    }[relation]


def fact(world: World, relation: str) -> tuple[str, str, list[str]]:
    """A subject, the word that stands in the relation to it, and at least four that do not."""
    genre, rng = world.genre, world.rng
    if relation == "kind":
        kind = rng.choice(CATEGORIES)
        others = [noun for other in CATEGORIES if other != kind for noun in genre.nouns[other]]
        return kind, world.same(rng.choice(genre.nouns[kind])), others
    if relation == "home":
        noun = world.noun()
        home = genre.homes[category(noun)]
        return noun, home, [place for place in genre.places if place != home]
    pairs = [pair for two in genre.opposites for pair in two]
    mine = rng.choice(pairs)
    word = rng.choice(mine)
    against = next(pair for pair in pairs if opposite(mine[0]) in pair)
    others = [w for pair in pairs if pair not in (mine, against) for w in pair]
    if relation == "opposite":
        return word, rng.choice(against), [*others, mine[1 - mine.index(word)]]
    return word, mine[1 - mine.index(word)], [*others, *against]


TWIN = Twin("csqa", "a", (), draw, classes=5, sizes={"train": 4000, "dev": 400, "test": 500})
