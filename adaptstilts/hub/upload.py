"""One commit to a repository of the Hub, repeated while a fault may pass, and recognised if it was saved before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar

from adaptstilts.data.hub.retry import WAITS, persist, status_of
from adaptstilts.errors import AdaptstiltsError, EnvironmentProblem, InputError
from adaptstilts.listeners import Speaker

log = Speaker(__name__)

T = TypeVar("T")
Kind = Literal["model", "dataset"]
Content = bytes | Path


def upload(id: str, kind: Kind, files: Mapping[str, Content], message: str, *, private: bool) -> str:
    """The commit that holds these files at the head of the repository, which is made if it is not there.

    All files go in one commit, the card among them. Files that are there already are not sent again, so that a repeated
    call goes on where the last one broke off, and gives the same commit if all of it had arrived. Raises
    EnvironmentProblem (no access, no answer), InputError (the Hub refuses what is sent) and DataMissing.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    where = f"{id} on the Hub"
    _write(lambda: api.create_repo(id, repo_type=kind, private=private, exist_ok=True), where)
    if private and not _write(lambda: api.repo_info(id, repo_type=kind), where).private:
        do = "Make it private in its settings on the Hub, choose another name, or leave out --private."
        raise InputError("the repository is there already, and public", where=where, do=do)
    log.info(f"{len(files)} files to {where}")

    def commit() -> str:
        # an operation cannot be used twice
        added = [CommitOperationAdd(name, str(c) if isinstance(c, Path) else c) for name, c in sorted(files.items())]
        return str(api.create_commit(id, added, commit_message=message, repo_type=kind).oid)

    return _write(commit, where)


def _write(send: Callable[[], T], where: str) -> T:
    """`send()` with the bounded retry; every one of its requests may safely be repeated."""
    refused: list[AdaptstiltsError] = []

    def attempt() -> T | None:
        try:
            return send()
        except RuntimeError as error:  # uploads wrap what befell them
            cause = error.__cause__
            if isinstance(cause, (OSError, ValueError)):
                raise cause from None
            raise OSError(str(error)) from None
        except (OSError, ValueError) as error:
            told = _refusal(error, where)
            if told is None:
                raise
            refused.append(told)
            return None

    done = persist(attempt, where, waits=WAITS)
    if refused:
        raise refused[0] from None
    return done  # type: ignore[return-value]


def _refusal(error: BaseException, where: str) -> AdaptstiltsError | None:
    """What an answer to a write means that a repetition will not change; None for all others."""
    status = status_of(error)
    if status == 401:
        do = "Run `hf auth login` with a token that may write, or set HF_TOKEN."
        return EnvironmentProblem("the Hub does not know who is writing (401)", where=where, do=do)
    if status == 403:
        do = "Use a token with the scope `write` for this owner, or publish under a name that is yours."
        return EnvironmentProblem("this token may not write here (403)", where=where, do=do)
    if status == 404:
        do = "Check the name; a private repository needs a token of its owner (`hf auth login`)."
        return InputError("the Hub has no such repository, or it is private (404)", where=where, do=do)
    if status in (409, 412):
        do = "Run the same command again: what has arrived is kept."
        return EnvironmentProblem(f"somebody else wrote to it at the same time ({status})", where=where, do=do)
    if status == 400 or isinstance(error, ValueError):
        return InputError(f"the Hub refuses what was sent ({error})", where=where, do="See the name and the card.")
    return None
