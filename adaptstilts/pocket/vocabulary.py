"""The words of the pocket world: two slices that share only their grammar, one for intermediate and one for target tasks."""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CATEGORIES = ("animal", "vehicle", "tool", "fruit", "furniture", "garment", "person")
NUMBERS = ("two", "three", "four", "five", "six", "seven")
FUNCTION = _words(
    "the a every this is was did not by in near on during and while because so then but after that said "
    "they who what where when how_many why happened people found kind same opposite of as use cause "
    "effect yes no"
)


@dataclass(frozen=True)
class Genre:
    """One slice of the vocabulary. Pairs are (word, synonym); `states` gives a verb's usual cause and effect on its patient.

    `scripts` is the usual order of four verbs for things of a category; `homes` is where such things are found.
    """

    name: str
    nouns: dict[str, tuple[str, ...]]
    verbs: tuple[tuple[str, str], ...]
    opposites: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    colours: tuple[str, ...]
    places: tuple[str, ...]
    times: tuple[str, ...]
    when: str
    first_names: tuple[str, ...]
    surnames: tuple[str, ...]
    towns: tuple[str, ...]
    town_words: tuple[str, ...]
    firm_words: tuple[str, ...]
    scripts: dict[str, tuple[str, ...]]
    homes: dict[str, str]
    states: dict[str, tuple[str, str]]


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.split("~")[0], pair.split("~")[1]) for pair in text.split())


def _opposites(text: str) -> tuple[tuple[tuple[str, str], tuple[str, str]], ...]:
    halves = [tuple(_pairs(pair.replace("/", " "))) for pair in text.split()]
    return tuple((half[0], half[1]) for half in halves)


def _table(text: str) -> dict[str, tuple[str, ...]]:
    return {line.split(":")[0].strip(): _words(line.split(":")[1]) for line in text.strip().splitlines()}


def _states(text: str) -> dict[str, tuple[str, str]]:
    return {verb: (pair[0], pair[1]) for verb, pair in _table(text).items()}


GENRE_A = Genre(
    name="a",
    nouns=_table("""
        animal: dog cat horse goat duck
        vehicle: car bus bike truck boat
        tool: hammer saw knife spoon broom
        fruit: apple pear plum fig lemon
        furniture: table chair bed shelf bench
        garment: coat hat shirt scarf glove
        person: doctor farmer teacher baker child"""),
    verbs=_pairs(
        "chase~pursue push~shove lift~raise wash~rinse watch~observe move~shift help~assist follow~trail "
        "touch~tap want~desire"
    ),
    opposites=_opposites(
        "big~large/small~little old~ancient/new~recent clean~tidy/dirty~filthy fast~quick/slow~sluggish"
    ),
    colours=_words("red blue green white"),
    places=_words("park house garden market school"),
    times=_words("monday tuesday friday sunday"),
    when="on",
    first_names=_words("mira tano lesu bika rado nemi sola kiru pelo dasi zumo fani"),
    surnames=_words("talori bemuno kasile rodumi nelafo sikaru"),
    towns=_words("zalona pirume batiso lodera mukeni sefalu"),
    town_words=_words("port lake"),
    firm_words=_words("bank guild"),
    scripts=_table("""
        animal: chase touch wash help
        vehicle: want wash push follow
        tool: want lift move touch
        fruit: watch touch lift wash
        furniture: touch push lift move
        garment: wash move want lift
        person: follow help watch push"""),
    homes=dict(zip(CATEGORIES, _words("park market house garden house school school"), strict=True)),
    states=_states("""
        chase: fast slow
        push: slow fast
        lift: small clean
        wash: dirty clean
        watch: big slow
        move: old dirty
        help: small big
        follow: new old
        touch: clean dirty
        want: new old"""),
)

GENRE_B = Genre(
    name="b",
    nouns=_table("""
        animal: wolf sheep rabbit crow frog
        vehicle: train tram plane cart raft
        tool: axe needle brush shovel wrench
        fruit: grape peach mango cherry melon
        furniture: desk sofa stool lamp cupboard
        garment: boot skirt belt sock cap
        person: nurse sailor lawyer painter guard"""),
    verbs=_pairs(
        "pull~haul repair~mend inspect~examine protect~defend deliver~dispatch admire~praise collect~gather "
        "borrow~rent damage~harm select~pick"
    ),
    opposites=_opposites(
        "heavy~weighty/light~slight rich~wealthy/poor~needy hot~warm/cold~chilly strong~sturdy/weak~feeble"
    ),
    colours=_words("black yellow brown grey"),
    places=_words("harbor forest museum station kitchen"),
    times=_words("winter summer january june"),
    when="during",
    first_names=_words("luko sire danu mofa teki rimo pasu kole bani fuse neda zilo"),
    surnames=_words("morasi kelubo danifu tirola sapemu bolika"),
    towns=_words("rusena kobali timuro felasi dopune nirako"),
    town_words=_words("north mount"),
    firm_words=_words("works union"),
    scripts=_table("""
        animal: protect collect admire pull
        vehicle: inspect repair select deliver
        tool: borrow collect repair damage
        fruit: select collect deliver admire
        furniture: repair borrow pull inspect
        garment: admire select borrow damage
        person: protect admire pull select"""),
    homes=dict(zip(CATEGORIES, _words("forest station harbor kitchen museum kitchen harbor"), strict=True)),
    states=_states("""
        pull: heavy weak
        repair: weak strong
        inspect: poor cold
        protect: weak rich
        deliver: light hot
        admire: rich strong
        collect: light heavy
        borrow: cold poor
        damage: strong weak
        select: hot light"""),
)

GENRES = {"a": GENRE_A, "b": GENRE_B}
SYNONYMS = dict(
    _pairs(
        "dog~hound horse~steed car~auto boat~ship coat~jacket child~kid doctor~physician bench~pew "
        "rabbit~hare plane~jet shovel~spade sofa~couch lawyer~attorney sailor~mariner cap~beret axe~hatchet"
    )
)


def _both_ways() -> dict[str, str]:
    pairs = dict(SYNONYMS)
    for genre in GENRES.values():
        pairs.update(genre.verbs)
        for one, other in genre.opposites:
            pairs.update((one, other))
    return {**pairs, **{v: k for k, v in pairs.items()}}


SYNONYM = _both_ways()
CATEGORY = {noun: kind for genre in GENRES.values() for kind, nouns in genre.nouns.items() for noun in nouns}
CATEGORY.update({SYNONYMS[noun]: kind for noun, kind in list(CATEGORY.items()) if noun in SYNONYMS})
CATEGORY.update({kind: kind for kind in CATEGORIES})
OPPOSITE = {
    w: one[0] for genre in GENRES.values() for a, b in genre.opposites for one, ws in ((b, a), (a, b)) for w in ws
}
NAMES = tuple(name for genre in GENRES.values() for name in (*genre.first_names, *genre.surnames, *genre.towns))


def nouns() -> tuple[str, ...]:
    """Every countable noun, with synonyms, category words and places."""
    places = [place for genre in GENRES.values() for place in genre.places]
    return (*CATEGORY, *places)


def verbs() -> tuple[str, ...]:
    """Every verb, with synonyms."""
    return tuple(verb for genre in GENRES.values() for pair in genre.verbs for verb in pair)


def adjectives() -> tuple[str, ...]:
    """Every adjective, with synonyms and colours."""
    pairs = [word for genre in GENRES.values() for two in genre.opposites for pair in two for word in pair]
    return (*pairs, *(colour for genre in GENRES.values() for colour in genre.colours))


def other_words() -> tuple[str, ...]:
    """Words that never inflect: function words, numbers, times, and the common parts of names."""
    parts = [w for g in GENRES.values() for w in (*g.times, *g.town_words, *g.firm_words)]
    return (*FUNCTION, *NUMBERS, *parts)
