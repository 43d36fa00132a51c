"""Numbers as readers see them: one way for every page, table and message."""

import pytest

from adaptstilts.numerals import duration, number, percent, plain, signed


@pytest.mark.parametrize("form", [percent, number, signed, plain])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_is_not_there_is_told(form, value):
    assert form(value) == "n/a"


def test_forms():
    assert (percent(0.12345), percent(1), percent(0.5, 0)) == ("12.3", "100.0", "50")
    assert (number(12345), number(1234.56, 1)) == ("12,345", "1,234.6")
    assert (signed(0.25), signed(-1, 1), plain(0.25, 4)) == ("+0.250", "-1.0", "0.2500")
    assert (signed(-0.0004), signed(-0.0), signed(float("inf"))) == ("+0.000", "+0.000", "+inf")


def test_durations_are_told_in_two_units():
    assert [duration(seconds) for seconds in (0.4, 59.6, 1483, 90061)] == ["0 s", "1 min 0 s", "24 min 43 s", "1 d 1 h"]
