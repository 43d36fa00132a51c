"""A pocket sweep of a dozen steps that take a fraction of a second each."""

from adaptstilts.config.load import load_config
from adaptstilts.errors import InputError
from adaptstilts.listeners import Speaker
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.steps.step import upstream
from adaptstilts.store.records.record import AdapterMade, ScoreMade, TransferMade
from adaptstilts.store.store import PREDICTIONS
from adaptstilts.zoo.zoo import shipped_zoo
from tests.store.filled import MADE

SETTINGS = (
    *("intermediate.tasks={}", "intermediate.recipe.steps=2", "intermediate.rows=16"),
    *("transfer.tasks={}", "transfer.recipe.steps=2", "transfer.rows=16"),
    *("evaluation.rows=8", "evaluation.languages=[en]", "evaluation.attacks=[swap]"),
)
SWEEP = """\
extends: pocket
name: tiny
summary: a tiny sweep
sweep: {pool: [mnli, squad], k: [0, 1, 2], orderings: 1, targets: [pawsx], compositions: [stack]}
"""
REQUESTS = (
    Request("none", (), "pawsx"),
    Request("stack", ("mnli",), "pawsx", retrain=True),
    Request("stack", ("mnli", "squad"), "pawsx", retrain=True),
    Request("stack", ("squad", "mnli"), "pawsx", retrain=True),
)


def config(*settings):
    return load_config("pocket", [*SETTINGS, *settings])


def steps(config, requests=REQUESTS):
    """Two adapters, four transfers and their scores, each after what it needs."""
    return upstream(*(step for request in requests for step in cell(config, request, shipped_zoo()).steps))


def made(step, session, folder):
    """In place of a step's real work: it says so, and leaves an empty file in place of what it makes."""
    Speaker("adaptstilts.work").info("at work")
    file = (
        folder
        / {"adapter": "adapter/adapter.safetensors", "transfer": "bundle/bundle.json", "score": PREDICTIONS}[step.kind]
    )
    file.parent.mkdir(exist_ok=True)
    file.touch()
    return {"adapter": AdapterMade, "transfer": TransferMade, "score": ScoreMade}[step.kind](**MADE[step.kind])


NEVER = InputError("it cannot be")


def failing(*kinds, error=NEVER):
    """As `made`, but steps of these kinds, or whose titles are these, fail."""

    def make(step, session, folder):
        if step.kind in kinds or step.title in kinds:
            raise error
        return made(step, session, folder)

    return make
