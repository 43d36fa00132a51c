"""Reading a data set of the Hugging Face Hub, with a bounded retry around faults that pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from adaptstilts.data.files import Records, of_table
from adaptstilts.errors import DataMissing, EnvironmentProblem
from adaptstilts.tasks import Source

T = TypeVar("T")
WAITS = (1.0, 4.0, 10.0)
"""Seconds before each further attempt."""


def read_hub(source: Source) -> Records:
    """The records of one source, from the Hub or its cache.

    Raises DataMissing if the Hub has no such data set, configuration or split, EnvironmentProblem if none answers.
    """
    import datasets

    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False  # it would call another host on each load

    def load() -> Any:
        return datasets.load_dataset(source.id, source.config, split=source.split, revision=source.revision)

    found = persist(load, spelt(source), () if datasets.config.HF_HUB_OFFLINE else WAITS)
    return of_table(found.with_format("arrow")[:], _class_names(found.features))


def persist(load: Callable[[], T], where: str, waits: tuple[float, ...] = WAITS) -> T:
    """`load()`, tried again after each of `waits` seconds while the fault may pass: no answer, 408, 429 or 5xx.

    `datasets` says by ValueError or FileNotFoundError that something is not there, and wraps other faults.
    """
    from datasets.exceptions import DatasetsError

    for wait in waits:
        try:
            return load()
        except (OSError, ValueError, DatasetsError) as error:
            if not _passes(_reason(error)):
                raise _told(_reason(error), where) from error
        time.sleep(wait)
    try:
        return load()
    except (OSError, ValueError, DatasetsError) as error:
        raise _told(_reason(error), where) from error


def spelt(source: Source) -> str:
    """How a source is named in messages."""
    return f"{source.id}/{source.config}/{source.split}@{source.revision}"


def _reason(error: BaseException) -> BaseException:
    """The fault beneath those wrapped around it: the server's answer, else a lost connection, else the error."""
    chain = list(_causes(error))
    answered = [e for e in chain if _status(e) is not None]
    lost = [e for e in chain if _lost(e)]
    return (answered or lost or [error])[0]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _status(error: BaseException) -> int | None:
    """The HTTP status an error carries, if any."""
    return getattr(getattr(error, "response", None), "status_code", None)


def _lost(error: BaseException) -> bool:
    """Whether the connection failed; faults of the disk are OSErrors too, but carry an errno."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    return isinstance(error, OSError) and error.errno is None and not isinstance(error, FileNotFoundError)


def _passes(error: BaseException) -> bool:
    status = _status(error)
    return _lost(error) if status is None else status in (408, 429) or status >= 500


def _told(error: BaseException, where: str) -> DataMissing | EnvironmentProblem:
    status = _status(error)
    if status in (401, 403):
        advice = "If it exists and asks for consent, accept its terms on its page and run `huggingface-cli login`."
        return EnvironmentProblem(f"the Hub refuses access ({status})", where=where, do=advice)
    if status == 404 or (status is None and isinstance(error, (ValueError, FileNotFoundError))):
        return DataMissing(
            f"the Hub has no such data: {error}", where=where, do="See the data set's page for what it has."
        )
    return EnvironmentProblem(
        f"the data set cannot be read: {type(error).__name__}: {error}",
        where=where,
        do="Try again later, or fetch the data set elsewhere and name its folder with --data.",
    )


def _class_names(features: Any) -> dict[str, tuple[str, ...]]:
    """Column -> label names, for single labels and for lists of them."""
    inner = {column: getattr(feature, "feature", feature) for column, feature in features.items()}
    return {column: tuple(f.names) for column, f in inner.items() if getattr(f, "names", None)}
