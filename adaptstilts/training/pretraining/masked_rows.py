"""The text of a pretraining step with some of its words hidden: a function of recipe and step alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adaptstilts.ids import rng_for
from adaptstilts.pocket import LANGUAGES, corpus
from adaptstilts.pocket.tokenizer import POSITIONS
from adaptstilts.training.pretraining.recipe import EncoderRecipe

if TYPE_CHECKING:
    from adaptstilts.pocket.tokenizer import Tokenizer

START, PAD, END, MASK, SPECIALS = 0, 1, 2, 4, 5
GUESSED = 0.8


@dataclass(frozen=True)
class MaskedRows:
    """Token ids with some hidden, and where: `places` index the flattened ids, `targets` are what stood there.

    `rows` are the numbers of the rows in their step; rows below `2 * aligned` are translations of each other, i and i + 1.
    """

    ids: Tensor
    places: Tensor
    targets: Tensor
    rows: tuple[int, ...]
    words: tuple[TranslatedWord, ...] = ()


Meaning = tuple[str, str]
"""A concept and its role in the sentence."""


@dataclass(frozen=True)
class TranslatedWord:
    """A content word of an aligned row: the row's number, its tokens as indices into the flattened ids, what it means."""

    row: int
    tokens: tuple[int, ...]
    meaning: Meaning


def masked_rows(tokenizer: Tokenizer, recipe: EncoderRecipe, step: int) -> list[MaskedRows]:
    """The rows of one step, sorted by length and cut into batches of few padding tokens."""
    rng = rng_for("pocket pretraining", recipe.version, recipe.seed, step)
    twice = [pair for _ in range(recipe.aligned // 2) for pair in corpus.aligned(rng, LANGUAGES)]
    translations = [told for pair in twice for told in pair]
    rows = [corpus.Row(told.text) for told in translations]
    rows += [corpus.related_pair(rng, LANGUAGES, recipe.same) for _ in range(recipe.pairs)]
    rows += [corpus.document(rng, LANGUAGES) for _ in range(recipe.documents)]
    noise = torch.Generator().manual_seed(rng.getrandbits(62))
    ids, guesses = _encode(tokenizer, rows)
    spans = _word_spans(tokenizer, translations)
    made = []
    for numbers in _cut(ids):
        shares = [[GUESSED if at in guesses[i] else recipe.masked for at in range(len(ids[i]))] for i in numbers]
        batch = _hide(_pad([ids[i] for i in numbers], PAD), numbers, _pad(shares, 0.0), noise)
        made.append(replace(batch, words=_words_in(spans, numbers, batch.ids.shape[1])))
    return made


def _word_spans(tokenizer: Tokenizer, rows: Sequence[corpus.Told]) -> list[dict[Meaning, list[int]]]:
    """The tokens (counted without specials) of each content word; words that stand twice are left out."""
    found = []
    encodings = tokenizer.encode_batch([told.text for told in rows], add_special_tokens=False)
    for told, encoded in zip(rows, encodings, strict=True):
        meanings = [meaning for _, _, meaning in told.words]
        spans = {
            meaning: [at for at, (_, last) in enumerate(encoded.offsets) if start < last <= end]
            for start, end, meaning in told.words
            if meanings.count(meaning) == 1
        }
        found.append({meaning: tokens for meaning, tokens in spans.items() if tokens})
    return found


def _words_in(spans: Sequence[dict[Meaning, list[int]]], rows: Sequence[int], width: int) -> tuple[TranslatedWord, ...]:
    return tuple(
        TranslatedWord(row, tuple(at * width + 1 + token for token in tokens), meaning)
        for at, row in enumerate(rows)
        if row < len(spans)
        for meaning, tokens in spans[row].items()
    )


def _encode(tokenizer: Tokenizer, rows: Sequence[corpus.Row]) -> tuple[list[list[int]], list[set[int]]]:
    """Token ids of each row, and the places of what is to be guessed."""
    firsts = tokenizer.encode_batch([row.first for row in rows], add_special_tokens=False)
    seconds = tokenizer.encode_batch([row.second for row in rows], add_special_tokens=False)
    ids, guesses = [], []
    for row, one, two in zip(rows, firsts, seconds, strict=True):
        joined = [START, *one.ids, END, *([END, *two.ids, END] if two.ids else [])]
        segment, start, end = row.guess
        offsets, skip = ((one.offsets, 1), (two.offsets, len(one.ids) + 3))[segment]
        guesses.append({skip + at for at, (a, b) in enumerate(offsets) if b > start and a < end})
        ids.append(joined[:POSITIONS])
    return ids, guesses


def _cut(rows: list[list[int]], parts: int = 3) -> list[tuple[int, ...]]:
    budget = sum(map(len, rows)) / parts
    groups: list[list[int]] = [[]]
    for number in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if groups[-1] and len(rows[number]) * (len(groups[-1]) + 1) > 1.15 * budget:
            groups.append([])
        groups[-1].append(number)
    return [tuple(group) for group in groups]


def _pad(rows: Sequence[Sequence[float]], filling: float) -> Tensor:
    """Sides are multiples of 8: kernels are compiled for each shape, so few shapes are fast shapes."""
    height, width = (-(-side // 8) * 8 for side in (len(rows), max(map(len, rows))))
    made = [[*row, *[filling] * (width - len(row))] for row in rows]
    return torch.tensor(made + [[filling] * width] * (height - len(rows)))


def _hide(ids: Tensor, rows: tuple[int, ...], share: Tensor, noise: torch.Generator) -> MaskedRows:
    """Hide a share of the words: most behind <mask>, some behind another word, some not at all; 32, 64, 96 … of them."""
    places = ((ids >= SPECIALS) & (torch.rand(ids.shape, generator=noise) < share)).flatten().nonzero().squeeze(1)
    kept = torch.randperm(len(places), generator=noise)[: max(1, len(places) // 32) * 32]
    places = places[kept.sort().values]
    targets = ids.flatten()[places]
    dice = torch.rand(targets.shape, generator=noise)
    shown = torch.where(dice < 0.8, torch.full_like(targets, MASK), targets)
    other = targets[torch.randperm(len(targets), generator=noise)]
    hidden = ids.flatten().index_put((places,), torch.where(dice > 0.93, other, shown))
    return MaskedRows(hidden.view_as(ids), places, targets, rows)
