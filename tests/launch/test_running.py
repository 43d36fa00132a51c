"""A run: what is left is done, failures are collected and kept, and everything is written before anything starts."""

import json

import pytest

from adaptstilts.errors import ConfigError, EnvironmentProblem, InputError, Interrupted, StepsFailed, UnknownName
from adaptstilts.launch import run
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.store.planned import read_planned, write_planned
from adaptstilts.store.store import Store, last_line
from tests.launch import tiny


def by_title(steps, title):
    return next(step for step in steps if step.title == title)


def test_all_that_is_left_is_done_and_a_second_run_does_nothing(store, config, steps, feigned):
    first = run(steps[:3], store, config)
    assert (first.done, first.before) == (tuple(s.key for s in steps[:3]), 0)
    second = run(steps, store, config)
    assert len(second.done) == len(steps) - 3 and second.before == 3 and not second.failed
    stamps = {path: path.stat().st_mtime_ns for path in store.root.rglob("*") if path.is_file()}
    events = []
    third = run(steps, store, config, events=events.append)
    assert (third.done, third.before) == ((), len(steps))
    assert [event.what for event in events] == ["planned", "ended"]
    assert stamps == {path: path.stat().st_mtime_ns for path in store.root.rglob("*") if path.is_file()}


def test_every_step_is_planned_before_the_first_one_starts(store, config, steps, feigned):
    seen = []

    def make(step, session, folder):
        seen.append(len(list(store.steps.glob("*/planned.json"))))
        return tiny.made(step, session, folder)

    feigned(make)
    run(steps, store, config)
    assert seen[0] == len(steps)
    plan = json.loads((store.folder(steps[-1].key) / "planned.json").read_text())
    assert plan["schema"] == 1 and plan["key"] == steps[-1].key and plan["title"] == steps[-1].title
    assert plan["upstream"] == [need.key for need in steps[-1].needs]


def test_a_plan_alone_gives_back_step_and_config(store, config, steps):
    write_planned(steps, store, config)
    for step in steps:
        found, settings = read_planned(Store(store.root), step.key)
        assert (found, settings) == (step, config)
    assert not [path for path in store.steps.iterdir() if path.name.startswith(".")]


def test_a_damaged_plan_is_told(store, config, steps):
    write_planned(steps, store, config)
    (store.folder(steps[0].key) / "planned.json").write_text("{")
    with pytest.raises(EnvironmentProblem, match=r"(?s)planned\.json.*Run the sweep again"):
        read_planned(store, steps[0].key)


def test_a_kept_error_is_told_by_the_line_that_names_it():
    lines = (
        "Traceback (most recent call last):",
        '  File "x", line 1',
        "a.b.Corrupt: store/x: no file here",
        "  Do this.",
    )
    assert last_line("\n".join(lines)) == "Corrupt: store/x: no file here"
    assert last_line("the worker was killed\n") == "the worker was killed" and last_line("\n") == "failed"


def test_failures_are_collected_kept_and_tried_again_only_when_told(store, config, steps, feigned):
    feigned(tiny.failing("adapter mnli"))
    outcome = run(steps, store, config)
    adapter = by_title(steps, "adapter mnli")
    assert set(outcome.failed) == {adapter.key} and "it cannot be" in outcome.failed[adapter.key]
    assert set(outcome.skipped.values()) == {adapter.key} and len(outcome.skipped) == 9
    assert "it cannot be" in store.error(adapter.key)
    feigned()
    again = run(steps, store, config)
    assert again.failed[adapter.key].endswith("(in an earlier run; --retry tries again)")
    assert not again.done and len(again.skipped) == 9
    last = run(steps, store, config, retry=True)
    assert not last.failed and len(last.done) == 10 and store.error(adapter.key) is None
    assert not (store.folder(adapter.key) / "error.txt").exists()


def test_a_step_whose_record_cannot_be_keeps_its_error_in_one_line(store, config, steps, feigned):
    def make(step, session, folder):
        made = tiny.made(step, session, folder)
        return made.model_copy(update={"adapters": {"mnli": "f"}})

    feigned(make)
    assert steps[0].key in run(steps[:1], store, config).failed
    kept = last_line(store.error(steps[0].key))
    assert kept == "ValueError: transfer.adapters.mnli: String should match pattern '^[0-9a-f]{32}$'"


def test_what_is_wrong_with_the_machine_ends_the_run_and_is_no_failure_of_the_step(store, config, steps, feigned):
    feigned(tiny.failing("adapter mnli", error=OSError(28, "No space left on device")))
    with pytest.raises(EnvironmentProblem, match="No space left"):
        run(steps, store, config)
    assert not list(store.steps.glob("*/error.txt"))
    feigned()
    assert not run(steps, store, config).failed


def test_an_interrupt_ends_the_run_with_75_and_leaves_no_error(store, config, steps, feigned):
    feigned(tiny.failing("adapter mnli", error=KeyboardInterrupt()))
    with pytest.raises(Interrupted) as caught:
        run(steps, store, config)
    assert caught.value.exit_code == 75 and not list(store.steps.glob("*/error.txt"))


def test_a_limit_leaves_the_rest_for_later(store, config, steps, feigned):
    outcome = run(steps, store, config, limit=4)
    assert outcome.done == tuple(step.key for step in steps[:4])
    assert outcome.left == tuple(step.key for step in steps[4:])
    assert [read_planned(store, step.key)[0] for step in steps] == list(
        steps
    )  # also what was left, for `work` and `status`


def test_only_some_steps_come_with_what_they_need(store, config, steps, feigned):
    wanted = next(step for step in steps if step.kind == "transfer" and step.composition == "stack")
    outcome = run(steps, store, config, only=[wanted.key[:6]])
    assert outcome.done == (wanted.needs[0].key, wanted.key)
    assert {store.record(key).step for key in run(steps, store, config, only=["adapter"]).done} == {"adapter"}


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["score"], {"score"}),
        (["pawsx"], {"transfer", "score"}),
        (["mnli"], {"adapter"}),
        (["none"], {"transfer", "score"}),
        (["adapter,transfer", "mnli,stack"], {"adapter", "transfer"}),
    ],
)
def test_what_only_speaks_of(steps, only, kinds):
    from adaptstilts.plan.sweeps.selection import select

    assert {step.kind for step in select(steps, only)} == kinds


def test_only_what_there_is(steps):
    from adaptstilts.plan.sweeps.selection import select

    with pytest.raises(UnknownName, match=r"did you mean.*transfer"):
        select(steps, ["transfers"])
    with pytest.raises(InputError, match="no step"):
        select(steps, ["xnli"])


def test_each_step_has_a_log_and_its_engine_in_the_record(store, config, steps, feigned):
    run(steps[:2], store, config)
    log = (store.folder(steps[0].key) / "log.txt").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in log] == [
        f"{steps[0].title} [{steps[0].key}], engine inline",
        "at work",
        "done",
    ]
    assert store.record(steps[0].key).provenance.engine == "inline"


def test_talk_comes_as_events_of_the_step(store, config, steps, feigned):
    events = []
    run(steps[:1], store, config, events=events.append)
    assert [event.what for event in events] == ["planned", "started", "said", "done", "ended"]
    assert (events[2].key, events[2].text) == (steps[0].key, "at work")
    assert events[0].total == 1 and events[3].seconds >= 0


def test_a_sweep_writes_its_manifest_first_and_knows_its_config(store, tmp_path, feigned):
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)
    sweep = expand(str(tmp_path / "tiny.yaml"), tiny.SETTINGS)
    outcome = run(sweep, store.root, limit=1)
    manifest = json.loads((store.root / "sweeps" / "tiny.json").read_text())
    assert len(outcome.done) == 1 and len(manifest["cells"]) == 3
    assert {score for cell in manifest["cells"] for score in cell["scores"]} <= {step.key for step in sweep.steps}


def test_unknown_engines_and_options_are_told(store, config, steps):
    with pytest.raises(UnknownName, match="did you mean processes"):
        run(steps, store, config, engine="proceses")
    with pytest.raises(ConfigError, match="wokers"):
        run(steps, store, config, engine="processes", options={"wokers": 2})
    with pytest.raises(InputError, match="config"):
        run(steps, store)
    assert not store.root.exists()


def test_several_failures_are_named_together(store, config, steps, feigned):
    feigned(tiny.failing("adapter"))
    with pytest.raises(StepsFailed, match=r"(?s)2 steps failed.*adapter mnli.*adapter squad"):
        run(steps, store, config).raise_failed()
