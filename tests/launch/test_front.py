"""Which steps may start: never before what they need, and not at all after a failure below them."""

import random
import threading

import pytest

from adaptstilts.errors import InputError, StepsFailed
from adaptstilts.launch.front import Event, Front
from adaptstilts.launch.slurm import levels


def keys(front):
    """The keys in the order in which they are given out, each done at once."""
    found = []
    while step := front.take():
        found.append(step.key)
        front.done(step.key)
    return found


def test_steps_come_in_the_order_given_where_nothing_holds_them(steps):
    assert keys(Front(steps)) == [step.key for step in steps]


def test_a_step_comes_after_all_it_needs_whatever_the_order_given(steps):
    for seed in range(20):
        shuffled = random.Random(seed).sample(steps, len(steps))
        found = keys(Front(shuffled))
        assert sorted(found) == sorted(step.key for step in steps)
        for step in steps:
            assert all(found.index(need.key) < found.index(step.key) for need in step.needs)


def test_what_is_not_among_the_steps_counts_as_done(steps):
    scores = [step for step in steps if step.kind == "score"]
    assert keys(Front(scores)) == [step.key for step in scores]


def test_a_failure_takes_along_what_builds_on_it_and_nothing_else(steps):
    events = []
    front = Front(steps, events.append)
    adapter = next(step for step in steps if step.kind == "adapter" and step.task == "squad")
    while step := front.take():
        front.failed(step.key, "broken") if step is adapter else front.done(step.key)
    outcome = front.outcome()
    built = {s.key for s in steps if s.kind == "transfer" and "squad" in s.tasks}
    built |= {s.key for s in steps if s.kind == "score" and "squad" in s.transfer.tasks}
    assert set(outcome.failed) == {adapter.key}
    assert outcome.skipped == dict.fromkeys(built, adapter.key) and len(built) == 6
    assert len(outcome.done) == len(steps) - 7 and not outcome.left
    assert [e.because for e in events if e.what == "skipped"] == [adapter.key] * 6
    with pytest.raises(StepsFailed, match=r"adapter squad \[.*broken"):
        outcome.raise_failed()


def test_one_failure_is_raised_as_it_was_and_several_are_named(steps):
    front, error = Front(steps[:2]), InputError("no rows")
    front.failed(steps[0].key, "no rows", error)
    with pytest.raises(InputError) as caught:
        front.outcome().raise_failed()
    assert caught.value is error
    front.failed(steps[1].key, "no more")
    with pytest.raises(StepsFailed, match=r"(?s)2 steps failed.*no rows.*no more"):
        front.outcome().raise_failed()


def test_what_is_put_off_comes_after_the_rest(steps):
    free = [step for step in steps if not step.needs]
    front = Front(free)
    first = front.take()
    front.put_off(first.key)
    assert keys(front) == [step.key for step in free if step is not first] + [first.key]


def test_threads_wait_for_what_they_need_and_none_is_left_waiting(steps):
    front, order, lock = Front(steps), [], threading.Lock()

    def hand():
        while step := front.take():
            with lock:
                order.append(step.key)
            front.done(step.key)

    hands = [threading.Thread(target=hand) for _ in range(8)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join(20)
    assert not any(thread.is_alive() for thread in hands)
    assert sorted(order) == sorted(step.key for step in steps)


def test_a_stopped_front_gives_out_nothing(steps):
    front = Front(steps)
    front.stop()
    assert front.take() is None and len(front.open) == len(steps)


def test_an_event_as_json_leaves_out_what_it_does_not_say():
    assert Event("done", "k", "score", "score clean", 1.5, of="none() → pawsx").plain() == {
        "what": "done",
        "key": "k",
        "step": "score",
        "title": "score clean",
        "seconds": 1.5,
        "of": "none() → pawsx",
    }


def test_levels_are_as_deep_as_what_they_need(steps):
    found = levels(Front(steps))
    level = {key: number for number, keys in enumerate(found) for key in keys}
    assert len(level) == len(steps)
    for step in steps:
        assert level[step.key] == 1 + max((level[need.key] for need in step.needs), default=-1)
