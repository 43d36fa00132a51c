"""How often something may happen that none of some rows showed."""

from __future__ import annotations


def unseen(rows: int, level: float = 0.95) -> float:
    """The largest share of rows that `level` does not rule out where none of `rows` had it: 1 - (1 - level)^(1/rows), one-sided.

    Exact (Clopper and Pearson 1934), and about 3 / rows at 95 % (Hanley and Lippman-Hand 1983, "If nothing goes wrong, is everything
    all right?"). A difference of two scores can be no further from what all rows gave than the share of rows that give another.
    """
    return float(1 - (1 - level) ** (1 / rows))
