"""Faults of the Hub: those that pass are waited for, a bounded number of times; the others are told at once."""

import pytest
import requests
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from adaptstilts.data.hub.retry import persist
from adaptstilts.data.identity import identity
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import DataMissing, EnvironmentProblem
from adaptstilts.tasks import TASKS


def answered(status, kind=requests.HTTPError, **headers):
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return kind(f"{status}", response=response)


def wrapped(cause, outer):
    outer.__cause__ = cause
    return outer


class Flaky:
    """Fails with each given error in turn, then gives 7."""

    def __init__(self, *errors):
        self.errors, self.calls = list(errors), 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


PASSING = [
    answered(503),
    answered(429),
    requests.exceptions.ChunkedEncodingError("cut"),
    requests.ConnectionError("reset"),
    ConnectionError("Couldn't reach 'x/y' on the Hub"),
    TimeoutError("slow"),
    wrapped(answered(500, HfHubHTTPError), LocalEntryNotFoundError("nothing in the cache")),
    wrapped(requests.ReadTimeout("slow"), FileNotFoundError("nothing in the cache")),
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_faults_that_pass_are_waited_for(fault):
    load = Flaky(fault, fault)
    assert persist(load, "x", waits=(0, 0)) == 7
    assert load.calls == 3


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_waiting_is_bounded(fault):
    load = Flaky(*[fault] * 10)
    with pytest.raises(EnvironmentProblem, match="x/y/train@main"):
        persist(load, "x/y/train@main", waits=(0, 0))
    assert load.calls == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (answered(404), DataMissing),
        (answered(401), DataMissing),
        (answered(401, X_Error_Message="Invalid credentials in Authorization header"), EnvironmentProblem),
        (answered(401, GatedRepoError, X_Error_Code="GatedRepo"), EnvironmentProblem),
        (answered(404, RepositoryNotFoundError), DataMissing),
        (wrapped(answered(403), LocalEntryNotFoundError("nothing in the cache")), EnvironmentProblem),
        (OfflineModeIsEnabled("offline"), EnvironmentProblem),
        (HFValidationError("'x' is no name"), DataMissing),
        (OSError(28, "No space left on device"), EnvironmentProblem),
    ],
    ids=repr,
)
def test_other_faults_are_told_at_once(fault, kind):
    load = Flaky(fault)
    with pytest.raises(kind) as told:
        persist(load, "x/y", waits=(0, 0))
    assert load.calls == 1
    assert type(told.value) is kind
    assert told.value.do


def test_the_hubs_identity_is_ids_and_revisions():
    hub = source_of("hub")
    task = facts_for(TASKS.get("xnli"), hub)
    assert task == TASKS.get("xnli")
    revision = "b8dd5d7af51114dbda02c0e3f6133f332186418e"
    assert identity(task, hub, "test", ["sw", "ar"]) == {
        "hub": [["facebook/xnli", "ar", "test", revision], ["facebook/xnli", "sw", "test", revision]]
    }
    (mnli,) = identity(TASKS.get("mnli"), hub, "test", ["en"])["hub"]
    assert mnli[2] == "validation_matched"  # there is no test set: dev stands in
    with pytest.raises(DataMissing):
        identity(TASKS.get("tatoeba"), hub, "train", ["en"])
