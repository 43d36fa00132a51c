"""Which rows translate one another: by their ids, or by their lines where no language has any; all else is no pairing."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adaptstilts.data.sources.source import DataSource
from adaptstilts.errors import InputError
from adaptstilts.tasks import Task

ADVICE = "Give the rows of every language the `id` of the example that they are of; or no id in any language, and one order of lines."


@dataclass(frozen=True)
class Pairing:
    """How the languages of one split are paired: those that are by line alone, and why they cannot be paired (empty: they can).

    `single` says of how many rows of a language the first one has no id.
    """

    task: str
    split: str
    lined: tuple[str, ...]
    problem: str
    single: Mapping[str, int]

    def __str__(self) -> str:
        """What is to be said of it; empty where ids pair all languages."""
        told = self.problem or ("translations are paired by line, for want of ids" if self.lined else "")
        if not told and self.single:
            told = f"rows whose id no row of the first language has: {', '.join(f'{n:,} in {c}' for c, n in self.single.items())}"
        return f"{self.task}/{self.split}: {told}" if told else ""

    def check(self) -> None:
        """InputError if the languages cannot be paired."""
        if self.problem:
            raise InputError(self.problem, where=f"{self.task}/{self.split}", do=ADVICE)


def pairing(task: Task, split: str, sources: Mapping[str, AbstractSet[str]], where: DataSource) -> Pairing:
    """Of a task whose rows translate one another: `sources` are those of the rows of each language (`Row.source`)."""
    lined = tuple(code for code in sources if where.by_line(task, split, code)) if len(sources) > 1 else ()
    named = [code for code in sources if code not in lined]
    problem = ""
    if lined and named:
        problem = f"rows in {', '.join(named)} have ids and rows in {', '.join(lined)} have none: none can be paired"
    elif strangers := [code for code in named[1:] if sources[code].isdisjoint(sources[named[0]])]:
        problem = f"no id in {', '.join(strangers)} is one of {named[0]}'s: none can be paired"
    single = {code: len(sources[code] - sources[named[0]]) for code in named[1:]}
    return Pairing(task.name, split, lined, problem, {code: count for code, count in single.items() if count})
