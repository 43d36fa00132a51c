"""Numbers as readers see them, and how many more there are; what is not there (None or NaN) is n/a."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def _shown(value: float | None, form: str) -> str:
    return "n/a" if value is None or value != value else format(float(value), form)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent, without the sign."""
    return _shown(None if share is None else 100 * share, f".{digits}f")


def percents(shares: Mapping[str, float]) -> str:
    """Shares in per cent behind their names."""
    return ", ".join(f"{name} {percent(share)}" for name, share in shares.items())


def number(value: float | None, digits: int = 0) -> str:
    """A number with its thousands apart."""
    return _shown(value, f",.{digits}f")


def signed(value: float | None, digits: int = 3) -> str:
    """A number with its sign; what is rounded to nothing is +0."""
    return _shown(None if value is None else round(float(value), digits) + 0.0, f"+.{digits}f")


def plain(value: float | None, digits: int = 3) -> str:
    """A number as it is."""
    return _shown(value, f".{digits}f")


def first_of(items: Sequence[str], most: int) -> str:
    """The first so many items with commas between, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{', '.join(items[:most])}{more}"


def duration(seconds: float) -> str:
    """A time in its two largest units."""
    whole = round(seconds)
    for size, unit, small, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {name}"
    return f"{whole} s"
