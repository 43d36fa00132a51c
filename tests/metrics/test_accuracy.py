"""Accuracy and its balanced form, against numbers of scikit-learn."""

import pytest

from adaptstilts.errors import InputError
from adaptstilts.metrics.accuracy import accuracy, balanced_accuracy, majority_rate


def test_accuracy_counts_equal_positions():
    assert accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75


def test_types_count_but_true_is_one():
    assert accuracy([1], ["1"]) == 0.0
    assert accuracy([True, "1"], [1, "1"]) == 1.0


def test_balanced_accuracy_equals_scikit_learn():
    # sklearn 1.x: balanced_accuracy_score(golds, said) == 0.7222222222222222
    assert balanced_accuracy([0, 0, 0, 1, 2, 2], [0, 1, 0, 1, 0, 2]) == pytest.approx(0.7222222222222222, abs=1e-15)


def test_a_constant_answer_is_worth_one_over_the_classes():
    assert balanced_accuracy([0] * 90 + [1] * 10, [0] * 100) == 0.5
    assert majority_rate([0] * 90 + [1] * 10) == 0.9


@pytest.mark.parametrize("score", [accuracy, balanced_accuracy])
@pytest.mark.parametrize(("golds", "said"), [([0, 1], [0]), ([], [])])
def test_what_cannot_be_scored_is_refused(score, golds, said):
    with pytest.raises(InputError):
        score(golds, said)
