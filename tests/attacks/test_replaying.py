"""The transfer matrix on predictions whose answer is known by hand."""

import pytest

from adaptstilts.attacks import Attacked
from adaptstilts.attacks.replay import texts_of, transfer_matrix
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.kinds.kind import Prediction
from adaptstilts.rows import ClassificationRow

KEYS = [("de", str(i)) for i in range(6)]
RIGHT, WRONG = Prediction(1, 1.0, 0.5), Prediction(0, 0.0, -0.5)


def row(key):
    return ClassificationRow(key[1], key[0], key[1], "a text", None, 1)


def said(pattern):
    return {key: RIGHT if mark == "+" else WRONG for key, mark in zip(KEYS, pattern, strict=True)}


def found(outcomes):
    names = {"e": "edited", "h": "held", "n": "noop", "w": "wrong"}
    return {k: Attacked(row(k), names[o], int(o == "e"), 0.1) for k, o in zip(KEYS, outcomes, strict=True)}


def test_each_cell_is_success_on_the_rows_that_all_have_in_common():
    clean = [said("+++++-"), said("++++++")]  # row 5 is wrong on the first model
    attacks = [found("eehenw"), found("eeeehh")]  # row 4 could not be edited on the first
    after = [[said("--+-++"), said("-+++++")], [said("-+++--"), said("---+--")]]
    matrix = transfer_matrix(clean, attacks, after)
    assert matrix.common == tuple(KEYS[:4])
    assert matrix.success == ((0.75, 0.25), (0.25, 0.75))
    assert matrix.excess == 0.0


def test_what_exceeds_the_diagonal_is_told():
    clean = [said("++++++")] * 2
    after = [[said("++++--"), said("------")], [said("++++++"), said("----++")]]
    matrix = transfer_matrix(clean, [found("eeeeee")] * 2, after)
    assert matrix.excess == pytest.approx(1 / 3)


def test_shapes_and_empty_sets_are_refused():
    with pytest.raises(InputError, match="2 attacks"):
        transfer_matrix([said("++++++")] * 2, [found("eeeeee")], [])
    with pytest.raises(InputError, match="no row is right"):
        transfer_matrix([said("------")], [found("eeeeee")], [[said("------")]])
    embedded = Attacked(row(KEYS[0]), "edited", 0, 0.0, prediction=WRONG)
    with pytest.raises(NotApplicable, match="no text"):
        texts_of([embedded])
    assert texts_of(list(found("eehenw").values()))[0] == row(KEYS[0])
