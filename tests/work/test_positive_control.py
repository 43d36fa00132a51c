"""What an adapter that cannot but help does: one trained on the target's own task, where the target has few rows."""

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

FEW = ["transfer.tasks={}", "transfer.rows=100", "transfer.recipe.steps=60", "transfer.recipe.rate=1e-3",
       "evaluation.rows=200", "evaluation.attacks=[]", "evaluation.languages=[en, qaa]"]  # fmt: skip
MARGIN = 0.3
"""Measured with all rows and two seeds: 87.7 and 89.7 beside 32.3 and 37.3 in English, 82.3 and 84.3 beside 32.3 and 35.0 abroad."""


@pytest.fixture(scope="module")
def accuracy(tmp_path_factory):
    """Accuracy on xnli by language, of a composition."""
    session = Session(load_config("pocket", FEW), Store(tmp_path_factory.mktemp("store")), shipped_zoo())

    def measured(request):
        asked = cell(session.config, request, session.zoo)
        for step in pending(asked.steps, session.store):
            work(step, session)
        (score,) = asked.scores
        return {
            language: found.metrics["accuracy"] for language, found in session.store.record(score.key).scores.items()
        }

    return measured


def test_the_target_s_own_task_helps_by_a_margin_and_untrained_weights_do_not(accuracy):
    """The world of the pocket lab decides what is right: xnli's rows are made as mnli's are."""
    none = accuracy(Request("none", (), "xnli"))
    taught = accuracy(Request("single", ("mnli",), "xnli"))
    random = accuracy(Request("random", (), "xnli"))
    for language in ("en", "qaa"):
        assert taught[language] - none[language] > MARGIN, language
        assert random[language] - none[language] < MARGIN / 3, language
