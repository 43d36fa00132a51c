"""What an attack is: a perturbation of a row's text, or a search that asks a victim under a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple, Protocol, TypedDict, runtime_checkable

from adaptstilts.attacks.text.inventory import Inventory
from adaptstilts.kinds.kind import Facts, Kind, Prediction
from adaptstilts.rows import Row


class Victim(Protocol):
    """The model under attack."""

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """Gold-minus-rival margins in float32 from raw logits, one per row; below zero is fooled. A row is a query."""
        ...


class Lean(NamedTuple):
    """How the margin of a row leans towards a variant of it, from the gradient by the row's word embeddings.

    `weight` is the L2 norm of the summed gradient over the tokens that the variant changes, `slope` the first-order
    change of the margin: gradient times new minus old embedding, the new pieces averaged where their number differs.
    """

    weight: float
    slope: float


@runtime_checkable
class WhiteBox(Victim, Protocol):
    """A model under attack whose gradients can be read."""

    def leanings(self, asked: Sequence[tuple[Row, Sequence[Row]]]) -> list[list[Lean]]:
        """For each row, how it leans towards each of its variants; one forward and one backward pass a row."""
        ...

    def descend(
        self, rows: Sequence[Row], radius: float, rngs: Sequence[Random], *, steps: int, restarts: int, budget: int
    ) -> list[tuple[Prediction, int]]:
        """The prediction with the lowest margin seen in a ball of word embeddings around each row, and the passes run.

        `radius` is the L2 norm of all changes of a row together, in mean norms of a word embedding. No `steps` means
        `restarts` random points on the ball's surface.
        """
        ...


class Given(NamedTuple):
    """What a model is given for a row: the token ids of its inputs, and how many tokens did not fit."""

    ids: tuple[tuple[int, ...], ...]
    cut: int


Ending = Literal["known", "unknown", "blank"]
"""What an edit puts in place of what stood there, as the tokenizer reads it: pieces it knows, an unknown one, or a blank."""


@dataclass(frozen=True)
class Scene:
    """Everything around a row that an attack may use.

    `survives(before, after)` tells whether the tokenizer's ids differ, `ending(before, after)` what an edit that survives ends in;
    None where nobody looks. `parallel` holds, per language, the rows of the same split by their `source`. `severity` is the target
    grapheme edit rate in (0, 1]; 0 edits nothing. `words`
    are known words of the language, casefolded (see `harvest.known_words`): no letter edit may make another of them.
    `mask` is the text that stands for a left-out word while a search ranks words. `share` is the share of a row's words
    that a search may edit. `letters` are letter clusters of the language, commonest first. `given(rows)` is what the
    model is given for rows, so that no edit is made behind the point where an input is cut; None where none ever is.
    `inventory` is what letters are drawn from (see `harvest.inventory_of_rows`), `lexicon` has translations by casefolded
    word (see `lexicon.read_lexicon`), `gazetteer` the mentions of each entity type as words (see
    `entities.mentions_of_rows`), `tautology` a clause that changes no label, for NLI (Naik et al. 2018).
    """

    task: Facts
    kind: Kind
    language: str
    seed: int
    severity: float
    survives: Callable[[str, str], bool]
    parallel: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    mask: str = "<mask>"
    share: float = 0.15
    letters: tuple[str, ...] = ()
    given: Callable[[Sequence[Row]], Sequence[Given]] | None = None
    inventory: Inventory = field(default_factory=Inventory)
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gazetteer: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    tautology: str = ""
    ending: Callable[[str, str], Ending] | None = None


Outcome = Literal["edited", "noop", "wrong", "held"]


class Tested(TypedDict):
    """What the tokenizer made of the edits of a row that were put to it, as Attacked has it."""

    tried: int
    survived: int
    unknown: int | None
    blank: int | None


@dataclass(frozen=True)
class Attacked:
    """One row after an attack.

    `outcome`:
    "edited"  the text was changed;
    "noop"    nothing could be changed, or no edit survived the tokenizer: not in the mean, counted in coverage;
    "wrong"   (searches) the clean prediction is already wrong, the row is returned as it is after one query;
    "held"    (searches) no candidate within the budget lowered the margin, the row is returned as it is.
    `edits` counts grapheme edits (a transposition is one), `rate` is edits over editable graphemes, `queries` the rows
    that a search asked the victim about, remembered ones included (static: 0). `goal_at` counts them up to the first with
    a margin below zero (0: there was none): under a budget q the goal is reached if and only if 0 < `goal_at` <= q. `tried`
    counts the different letter edits of a word that were put to the tokenizer, `survived` those that changed its ids: no other is
    ever used. Of these `unknown` end in an unknown piece and `blank` in a blank; None where nobody looked.
    `prediction` is set where an attack changes embeddings and has no text: the model's answer under it. `rivals` are rows
    that the attack adds to those the row has to be told from (hard negatives).
    """

    row: Row
    outcome: Outcome
    edits: int
    rate: float
    queries: int = 0
    tried: int = 0
    survived: int = 0
    prediction: Prediction | None = None
    rivals: tuple[Row, ...] = ()
    goal_at: int = 0
    unknown: int | None = None
    blank: int | None = None

    @property
    def counts(self) -> bool:
        """Whether the row belongs in the attack's mean."""
        return self.outcome != "noop"


Perturb = Callable[[Row, Scene, Random], Attacked]
Search = Callable[[Sequence[Row], Scene, Victim, int, Sequence[Random]], list[Attacked]]


@dataclass(frozen=True)
class Attack:
    """One attack. Static ones have `perturb`, searches have `search`; `running.attack_rows` runs either.

    The family says what a search may ask: "search" for margins, "white" for gradients too (its victim is a WhiteBox).
    `needs` are abilities (see `Kind.edits`) of which a kind must allow at least one, else the attack is n/a for it: letters,
    unless it says otherwise.
    `languages(code)` tells whether it applies to a language, `lacks(scene)` what a scene lacks for it, or "". A search
    gets its budget in queries per row and one generator per row. `embeds` marks those that change word embeddings and no
    text; severity is their radius (see `WhiteBox.descend`). The rows of `published` ones are read by the fast tokenizer as its
    file has it, which is what they attack. `version` goes up when the same input would give another output.
    """

    name: str
    summary: str
    family: Literal["static", "search", "white"]
    needs: frozenset[str] = frozenset({"letters"})
    perturb: Perturb | None = None
    search: Search | None = None
    languages: Callable[[str], bool] = lambda code: True
    lacks: Callable[[Scene], str] = lambda scene: ""
    embeds: bool = False
    published: bool = False
    citation: str = ""
    version: int = 1

    @property
    def graded(self) -> bool:
        """Whether severity decides what it does: static edits of letters, spaces and words, and the radius of a ball of embeddings.

        All else changes a row whole or stops by itself.
        """
        return self.embeds or (self.family == "static" and self.needs <= {"letters", "spaces", "words"})
