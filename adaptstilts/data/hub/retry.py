"""Asking the Hub: a bounded retry around faults that pass, and errors that name what was asked for and say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from adaptstilts.errors import DataMissing, EnvironmentProblem

T = TypeVar("T")
WAITS = (1.0, 4.0, 10.0)
"""Seconds before each further attempt."""


def persist(load: Callable[[], T], where: str, do: str = "", waits: tuple[float, ...] = WAITS) -> T:
    """`load()`, tried again after each of `waits` seconds while the fault may pass: no answer, 408, 429 or 5xx.

    huggingface_hub 0.36 repeats some requests by itself and not others, and none whose answer was cut short; a repeated
    download goes on where the last one broke off. Raises DataMissing for what is not there, EnvironmentProblem for the
    rest; `where` names what was asked for, `do` a way around the Hub.
    """
    left = list(waits)
    while True:
        try:
            return load()
        except (OSError, ValueError) as error:
            if not left or _offline(error) or not _passes(_reason(error)):
                raise _told(error, where, do) from error
        time.sleep(left.pop(0))


def _reason(error: BaseException) -> BaseException:
    """The fault beneath those wrapped around it: the server's answer, else a lost connection, else the error."""
    chain = list(_causes(error))
    answered = [e for e in chain if status_of(e) is not None]
    lost = [e for e in chain if _lost(e)]
    return (answered or lost or [error])[0]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error carries itself, if any."""
    return getattr(getattr(error, "response", None), "status_code", None)


def _lost(error: BaseException) -> bool:
    """Whether the connection failed; faults of the disk are OSErrors too, but carry an errno."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    return isinstance(error, OSError) and error.errno is None and not isinstance(error, FileNotFoundError)


def _offline(error: BaseException) -> bool:
    from huggingface_hub.errors import OfflineModeIsEnabled

    return any(isinstance(e, OfflineModeIsEnabled) for e in _causes(error))


def _passes(error: BaseException) -> bool:
    status = status_of(error)
    return _lost(error) if status is None else status in (408, 429) or status >= 500


def _told(error: BaseException, where: str, do: str) -> DataMissing | EnvironmentProblem:
    from huggingface_hub.errors import EntryNotFoundError, RevisionNotFoundError

    if _offline(error):
        advice = f"Run once without HF_HUB_OFFLINE where there is a network. {do}".rstrip()
        return EnvironmentProblem("HF_HUB_OFFLINE is set, and this is not in the cache", where=where, do=advice)
    reason = _reason(error)
    status = status_of(reason)
    if _no_repository(reason):
        advice = "Check the name; a private one needs a token (`hf auth login`)."
        return DataMissing("the Hub has no such repository, or it is private", where=where, do=advice)
    if status in (401, 403):
        advice = "Accept its terms on its page on the Hub, and run `hf auth login`."
        return EnvironmentProblem(f"the Hub refuses access ({status})", where=where, do=advice)
    if isinstance(reason, RevisionNotFoundError):
        return DataMissing("the Hub has no such revision", where=where, do="See the repository's history on the Hub.")
    if status == 404 or (isinstance(reason, EntryNotFoundError) and status is not None):
        return DataMissing("the Hub has no such file", where=where, do="See the repository's page on the Hub.")
    if isinstance(reason, OSError) and reason.errno is not None and not _lost(reason):
        advice = "See to the disk or its permissions."
        return EnvironmentProblem(f"this cannot be stored ({reason.strerror})", where=where, do=advice)
    if not _lost(reason) and status is None:
        return DataMissing(str(reason), where=where, do="Check the name.")
    what = f"the Hub answers {status}" if status else f"the connection failed ({type(reason).__name__}: {reason})"
    advice = f"Run the same command again: what has arrived is kept. {do}".rstrip()
    return EnvironmentProblem(what, where=where, do=advice)


def _no_repository(error: BaseException) -> bool:
    """The Hub says 401 for what is private or not there; huggingface_hub tells that from other refusals on https only."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    headers = getattr(getattr(error, "response", None), "headers", {})
    refused = headers.get("X-Error-Code") or "credentials" in headers.get("X-Error-Message", "")
    found = isinstance(error, RepositoryNotFoundError) or (status_of(error) == 401 and not refused)
    return found and not isinstance(error, GatedRepoError)
