"""What a verdict rests on: whether its plan came first, what is missing or was changed, and how often it was looked at before the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal

from adaptstilts.plan.sweeps.registration import design_digest
from adaptstilts.report.frame import Frame
from adaptstilts.statistics.spending import nominal
from adaptstilts.store.chain import Chain, Chained
from adaptstilts.store.registration import Plan, registered
from adaptstilts.store.store import Store

Registered = Literal["yes", "late", "unshown", "changed", "no"]


@dataclass(frozen=True)
class Grounds:
    """What is known of how a sweep's records came to be.

    `registration` is "yes" where the plan is older than the sweep's first transfer, "late" where `late` transfers are older, "unshown"
    where no whole journal tells the order, "changed" where plan, sweep or scores are others than those that it was registered for.
    Of `cells` planned ones `missing` are not done or left out. `counted` scores were counted again from their predictions in `seconds`,
    `uncounted` could not be; `unlike` of `rescored` ones, made again from weights, are not as recorded. `gone` results the journal tells
    of and nobody finds, `again` were made more than once, `untold` it does not tell of. `shares` are the shares of the planned
    attacked scores that there were at each look before the end; `now` that of this one.
    """

    registration: Registered
    late: int = 0
    cells: int = 0
    missing: int = 0
    left_out: int = 0
    counted: int = 0
    uncounted: int = 0
    seconds: float = 0.0
    rescored: int = 0
    unlike: int = 0
    gone: int = 0
    again: int = 0
    untold: int = 0
    broken: str = ""
    journal: bool = False
    planned_looks: int = 0
    shares: tuple[float, ...] = ()
    now: float = 1.0

    @property
    def looks(self) -> int:
        """How often results were looked at before the end."""
        return len(self.shares)

    @property
    def held(self) -> bool:
        """Whether the level holds whatever was seen before the end."""
        return self.looks <= self.planned_looks

    def level(self, alpha: float) -> float:
        """The level at which to test now, so that all planned looks err at most at alpha together."""
        return (
            _spent((*(share for share in self.shares if share < self.now), self.now), alpha)
            if self.planned_looks
            else alpha
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        told = asdict(self)
        return {**told, "shares": list(self.shares), "looks": self.looks, "level_held": self.held}


@cache
def _spent(shares: tuple[float, ...], alpha: float) -> float:
    return nominal(shares, alpha)


def grounds(frame: Frame, plan: Plan, used: Collection[str]) -> Grounds:
    """The grounds of a verdict by this plan, whose counting scores are `used`."""
    examination, store = frame.examination, Store(frame.store)
    journals = (examination.journal, *examination.others)
    wanted = {key for cell in frame.planned for key in (cell.transfer, *cell.scores)} if frame.sweep else set[str]()
    lacking = {*frame.pending, *examination.left_out}
    told, made = examination.journal.records, examination.journal.made
    missing = [cell for cell in frame.planned if not lacking.isdisjoint((cell.transfer, *cell.scores))]
    registration, late = _registration(frame, plan, used, journals)
    shares = sorted({_share(look) for journal in journals for look in looks_of(journal, plan)})
    before = tuple(share for share in shares if share < 1) if registration != "no" else ()
    return Grounds(
        registration=registration,
        late=late,
        cells=len(frame.planned) if frame.sweep else 0,
        missing=len(missing),
        left_out=len(examination.left_out),
        counted=examination.counted,
        uncounted=examination.uncounted,
        seconds=round(examination.seconds, 3),
        rescored=examination.rescored,
        unlike=examination.unlike,
        gone=sum(1 for key in told if (key in wanted or not frame.sweep) and not store.done(key)),
        again=sum(1 for key, times in made.items() if len(times) > 1 and (key in wanted or not frame.sweep)),
        untold=sum(1 for key in used if key not in told) if told else 0,
        broken=next((journal.broken for journal in journals if journal.broken), ""),
        journal=bool(examination.journal.entries or examination.journal.broken),
        planned_looks=plan.looks,
        shares=before,
        now=max(_share_done(frame, plan), *before, 0.0),
    )


def _share_done(frame: Frame, plan: Plan) -> float:
    """The share of the planned attacked scores over k that there are; 1 where there is nothing to share a level for."""
    done, planned = counts(frame, plan)
    return done / planned if done else 1.0


def counts(frame: Frame, plan: Plan) -> tuple[int, int]:
    """How many of the scores over k >= 1 of the plan's composition are there, and how many are planned."""
    mine = [cell for cell in frame.planned if (cell.role, cell.composition) == ("k", plan.composition) and cell.k >= 1]
    scores = {key for cell in mine for key in cell.scores[1:]}
    return len(scores - {*frame.pending, *frame.examination.left_out}), len(scores)


def looks_of(journal: Chain, plan: Plan) -> Iterator[Chained]:
    """The looks that a journal tells of, by this plan."""
    return (look for look in journal.of("look") if look.told["plan"] == plan.digest)


def _share(look: Chained) -> float:
    return float(look.told["done"] / max(look.told["planned"], 1))


def _registration(
    frame: Frame, plan: Plan, used: Collection[str], journals: tuple[Chain, ...]
) -> tuple[Registered, int]:
    """How the plan stands, and how many transfers of the sweep are older."""
    stands = registered(frame.store)
    if stands is None:
        return "no", 0
    same = stands.digest == plan.digest and plan.cells == design_digest(frame.planned)
    if not same or any(frame.preregistrations.get(key) != plan.digest for key in used):
        return "changed", 0
    transfers = {cell.transfer for cell in frame.planned} - set(frame.pending)
    early, shown = set[str](), set[str]()
    for journal in journals:
        first = min(
            (entry.number for entry in journal.entries if entry.told.get("posted") == plan.posted), default=None
        )
        made = {key: numbers[0] for key, numbers in journal.made.items() if key in transfers}
        shown |= made.keys()
        early |= {key for key, number in made.items() if first is None or number < first}
    if any(journal.broken for journal in journals) or transfers - shown:
        return "unshown", 0
    return ("late", len(early)) if early else ("yes", 0)


def tested(plan: Plan, found: Grounds) -> Plan:
    """The plan with the level that this look may use."""
    return replace(plan, alpha=found.level(plan.alpha)) if found.registration != "no" else plan


REGISTERED = {
    "yes": "preregistered",
    "changed": "registered, but plan, sweep or some scores changed since",
    "no": "not registered",
}


def recounted(found: Grounds) -> str:
    """How many scores were counted again, and how long that took."""
    if not found.counted + found.uncounted:
        return "none: the records were taken at their word"
    lacking = f"; {found.uncounted:,} cannot be" if found.uncounted else ""
    return f"{found.counted:,} in {found.seconds:.1f} s{lacking}"


def standing(found: Grounds) -> str:
    """The grounds in one sentence."""
    return "; ".join(_parts(found)) + "."


def _parts(found: Grounds) -> Iterator[str]:
    late = f"registered after {_count(found.late, 'transfer')}"
    journal = "the journal does not show the order" if found.journal else "no journal: order cannot be shown"
    said = {**REGISTERED, "late": late, "unshown": f"registered, but {journal}"}
    yield said[found.registration].capitalize()
    if found.broken:
        yield f"the journal is broken ({found.broken})"
    if found.cells:
        none = "no planned cell is missing"
        yield f"{found.missing:,} of {found.cells:,} planned cells are missing" if found.missing else none
    if found.left_out:
        yield f"{_count(found.left_out, 'record')} left out that {'is' if found.left_out == 1 else 'are'} not as made"
    if found.uncounted:
        yield f"{_count(found.uncounted, 'score')} could not be counted again from predictions"
    if found.rescored:
        same = f"{_count(found.rescored, 'score')} rescored from weights, as recorded"
        yield f"{found.unlike} of {found.rescored} rescored from weights NOT as recorded" if found.unlike else same
    if found.gone:
        yield f"{_count(found.gone, 'result')} that the journal tells of {'is' if found.gone == 1 else 'are'} gone"
    if found.again:
        yield f"{_count(found.again, 'result')} {'was' if found.again == 1 else 'were'} made more than once"
    if found.untold:
        yield f"{_count(found.untold, 'score')} that the journal does not tell of"
    if found.looks and found.planned_looks and found.held:
        yield f"looked {_count(found.looks, 'time')} before the end, of {found.planned_looks} planned: the level is held"
    elif found.looks:
        planned = f" where {found.planned_looks} were planned" if found.planned_looks else ""
        yield f"looked {_count(found.looks, 'time')} before the end{planned}; the level is not held"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
