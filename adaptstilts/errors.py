"""Every error the toolkit raises on purpose, each with the exit code that the command line ends with."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Sequence

_SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
_SHAPES = (
    re.compile(r"\b(?:hf|api_org)_(?:(?:oauth|jwt)_[\w.-]{16,}|[A-Za-z0-9]{16,})"),
    re.compile(r"(?<=Bearer )[^\s'\",}]+"),
    re.compile(r"(?<=://)[^/\s@'\"<>]+(?=@)"),
    re.compile(r"(?<=[?&])((?:X-Amz-[A-Za-z-]+|Signature|Policy|Key-Pair-Id|token)=)[^&\s'\"]+"),
)


def redact(text: str) -> str:
    """The text without tokens of the Hub: those of the environment, what looks like one, signatures in addresses."""
    for name in _SECRETS:
        secret = os.environ.get(name, "").strip()
        if len(secret) >= 8:
            text = text.replace(secret, "<token>")
    for shape in _SHAPES:
        text = shape.sub(lambda found: (found[1] if found.re.groups else "") + "<token>", text)
    return text


class AdaptstiltsError(Exception):
    """What went wrong, where, and what to do about it.

    No error holds a token (see `redact`).

    `exit_code` is what a shell sees: 1 some steps failed, 2 the user's input, 3 the environment, 75 interrupted and resumable.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        what, where, do = redact(what), redact(where), redact(do)
        self.what, self.where, self.do = what, where, do
        place = f"{where}: " if where else ""
        advice = f"\n  {do}" if do else ""
        super().__init__(f"{place}{what}{advice}")


class InputError(AdaptstiltsError):
    """The user's input cannot be used as it is."""

    exit_code = 2


class UnknownName(InputError):
    """A name that no registry, zoo or store knows; the nearest known names are suggested."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "", do: str = "") -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names[:20]) or 'none'}"
        super().__init__(f"there is no {kind} called {name!r}; {hint}", where=where, do=do)
        self.name, self.near = name, near


class ConfigError(InputError):
    """All problems of one config, told together."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problems" if len(self.problems) != 1 else "1 problem"
        lines = "".join(f"\n  - {p}" for p in self.problems)
        super().__init__(f"{count} in the config{lines}", where=where)


class RowError(InputError):
    """A row that breaks its kind's law: names task, split, language, row and field, and the line of a user's own file (`line`)."""

    def __init__(
        self, what: str, *, task: str, split: str, language: str, row: str, field: str, line: str = ""
    ) -> None:
        row, what = _writable(row), _writable(what)
        place = f"{task}/{split}/{language} row {row}, field {field!r}{line and ', '}{line}"
        super().__init__(what, where=place, do="`adaptstilts check TASK` lists every such row of a task.")
        self.task, self.split, self.language, self.row, self.field = task, split, language, row, field

    def at(self, line: str) -> RowError:
        """The same error with the line that an editor shows."""
        place = {"task": self.task, "split": self.split, "language": self.language, "row": self.row}
        return RowError(self.what, **place, field=self.field, line=line)


def _writable(text: str) -> str:
    """The text with halves of surrogate pairs spelt out, which no terminal and no file takes."""
    return text.encode(errors="backslashreplace").decode()


class DataMissing(InputError):
    """A data set, split, language or file that is not where it was looked for."""


class NotText(InputError, ValueError):
    """A file that is to hold text and is not UTF-8."""


class NotApplicable(InputError):
    """A combination that makes no sense: an attack on a kind it cannot touch, a composition of too many adapters."""


class Refused(InputError):
    """A file that will not be loaded because it is not safe or not what it claims to be."""


class EnvironmentProblem(AdaptstiltsError):
    """The machine is in the way: no space, no permission, no network, a missing package."""

    exit_code = 3


class CorruptArtefact(EnvironmentProblem):
    """A file of ours that does not read back as it was written."""


class StepsFailed(AdaptstiltsError):
    """Some steps of a run failed; the others are done and kept."""

    exit_code = 1


class Interrupted(AdaptstiltsError):
    """Stopped from outside; the same command goes on from here."""

    exit_code = 75
