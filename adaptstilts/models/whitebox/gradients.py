"""A victim whose gradients can be read: how margins lean towards edits, and descent in a ball of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

import torch

from adaptstilts.attacks.attack import Lean
from adaptstilts.kinds.kind import Encoding, Prediction
from adaptstilts.models.whitebox.descent import Descent
from adaptstilts.models.whitebox.first_order import changes, lean
from adaptstilts.models.whitebox.open_model import GradientQuery, OpenModel, renumbered
from adaptstilts.rows import Row

if TYPE_CHECKING:
    import numpy as np

TOKENS = {"cpu": 4096, "cuda": 8192}
"""Tokens in a batch whose activations are kept, by device."""
KEPT = 512
"""Rows whose gradients are remembered: a search looks at a row's words, then at its candidates."""


class Gradients(OpenModel):
    """A victim for white-box attacks (`attacks.WhiteBox`), beside the black box of the same model.

    Gradients are those of the kind's margin by the outputs of the word embeddings.
    """

    def __init__(self, oracle: GradientQuery) -> None:
        super().__init__(oracle)
        self._gradients: dict[Row, list[np.ndarray]] = {}

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """As the black box says."""
        return self.oracle.margins(rows)

    def leanings(self, asked: Sequence[tuple[Row, Sequence[Row]]]) -> list[list[Lean]]:
        """For each row, how its margin leans towards each of its variants, to first order (Ebrahimi et al. 2018)."""
        self._remember([row for row, _ in asked if row not in self._gradients])
        found = [self._leanings(row, variants) for row, variants in asked]
        for row in list(self._gradients)[:-KEPT]:
            del self._gradients[row]
        return found

    def descend(
        self,
        rows: Sequence[Row],
        radius: float,
        rngs: Sequence[Random],
        *,
        steps: int,
        restarts: int,
        budget: int,
    ) -> list[tuple[Prediction, int]]:
        """Projected gradient descent in an L2 ball of `radius` mean word-embedding norms around each row (Madry et al. 2018).

        All changes of a row together have that norm; special tokens stay, as do the tokens of gold answers. The first
        start is the row itself, the others are random; every other one follows the head's loss instead of the margin.
        """
        encodings = self.encodings(rows)
        where: dict[int, tuple[Prediction, int]] = {}
        for group in self._groups(encodings):
            done = Descent(self, [rows[i] for i in group], [encodings[i] for i in group], radius * self.unit)
            done.run([rngs[i] for i in group], steps, restarts, budget)
            where.update(zip(group, done.results(), strict=True))
        return [where[i] for i in range(len(rows))]

    def gradients(self, rows: Sequence[Row]) -> tuple[list[float], list[list[np.ndarray]]]:
        """Margins, and the gradient [length, hidden] of each by the word embeddings of each input of its row."""
        encodings = self.encodings(rows)
        margins, slopes = [0.0] * len(rows), [list[Any]() for _ in rows]
        for group in self._groups(encodings):
            flat = renumbered([encodings[i] for i in group])
            batch = self.assembly.collate(flat)
            shift = self.shift(batch)
            outputs = self.outputs(batch, flat, shift)
            leads = self.leads([rows[i] for i in group], flat, outputs)
            (slope,) = torch.autograd.grad(torch.stack(leads).sum(), shift)
            for i, lead in zip(group, leads, strict=True):
                margins[i] = float(lead.detach())
            for encoding, values in zip(flat, slope, strict=True):
                slopes[group[encoding.row]].append(values[: len(encoding.ids)].cpu().numpy())
        return margins, slopes

    def _groups(self, encodings: Sequence[Sequence[Encoding]]) -> list[list[int]]:
        """Rows that go together, longest first, with all inputs of a row in one batch."""
        longest = [max((len(e.ids) for e in found), default=1) for found in encodings]
        groups: list[list[int]] = []
        room = 0
        for i in sorted(range(len(encodings)), key=lambda i: (-longest[i], i)):
            if not groups or room < len(encodings[i]):
                groups.append([])
                room = max(TOKENS[self.assembly.device.type] // longest[i], len(encodings[i]))
            groups[-1].append(i)
            room -= len(encodings[i])
        return groups

    def _remember(self, rows: Sequence[Row]) -> None:
        fresh = list(dict.fromkeys(rows))
        _, slopes = self.gradients(fresh)
        self._gradients.update(zip(fresh, slopes, strict=True))

    def _leanings(self, row: Row, variants: Sequence[Row]) -> list[Lean]:
        (before,), after = self.encodings([row]), self.encodings(variants)
        blocks = [changes(before, found) for found in after]
        wanted = sorted({t for e in before for t in e.ids} | {t for found in after for e in found for t in e.ids})
        places = {token: place for place, token in enumerate(wanted)}
        rows = torch.tensor(wanted, device=self.words.weight.device)
        vectors = self.words.weight.detach()[rows].double().cpu().numpy()
        slopes = self._gradients[row]
        return [lean(found, before, slopes, vectors, places) for found in blocks]
