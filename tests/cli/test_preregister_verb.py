"""`preregister` writes the plan once, before any result, and says so where it cannot."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts import ids
from adaptstilts.cli.preregister_verb import command
from adaptstilts.errors import CorruptArtefact, InputError
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.registration import plan_of, results_of
from adaptstilts.store.registration import FILE, Plan, digest_in, registered
from tests.store.filled import whole

SMALL = (
    "sweep.orderings=2",
    "sweep.k=[0,1,2,3]",
    "sweep.targets=[pawsx,udpos]",
    "evaluation.severity=0.03",
    "evaluation.budget=30",
)


def run(*words, store, small=SMALL):
    settings = [word for setting in small for word in ("--set", setting)]
    return CliRunner().invoke(command, ["pocket-k", *settings, "--out", str(store), *words], standalone_mode=False)


def test_the_plan_is_written_with_everything_that_decides_the_test(tmp_path):
    done = run("--json", "--sesoi", "0.1", "--weight", "swap=2", "--weight", "drop", store=tmp_path)
    told = json.loads(done.stdout)
    plan = registered(tmp_path)
    assert told["digest"] == plan.digest == digest_in(tmp_path) and told["plan"]["attacks"] == {
        "drop": 1.0,
        "swap": 2.0,
    }
    assert (plan.sweep, plan.composition, plan.k, plan.orderings, plan.heads) == (
        "pocket-k",
        "fuse",
        (1, 2, 3),
        2,
        ("pawsx", "udpos"),
    )
    assert plan.sesoi == 0.1 and plan.severities == (0.0, 0.03, 0.2) and plan.budgets == (0, 30)
    assert plan_of(expand("pocket-k", SMALL)).attacks == {
        "drop": 1.0,
        "swap": 1.0,
    }  # greedy searches, and is not static


def test_the_same_plan_again_changes_nothing_and_another_replaces_it_before_results(tmp_path):
    run(store=tmp_path)
    before = (tmp_path / FILE).stat().st_mtime_ns
    assert run(store=tmp_path).exception is None and (tmp_path / FILE).stat().st_mtime_ns == before
    old = digest_in(tmp_path)
    assert run("--sesoi", "0.02", store=tmp_path).exception is None and digest_in(tmp_path) != old


def test_results_that_exist_refuse_a_new_plan_but_not_the_old(tmp_path):
    run(store=tmp_path)
    folder = tmp_path / "steps" / results_of(expand("pocket-k", SMALL))[0]
    folder.mkdir(parents=True)
    (folder / "record.json").write_text("{}")
    assert run(store=tmp_path).exception is None
    refused = run("--alpha", "0.01", store=tmp_path).exception
    assert isinstance(refused, InputError) and refused.exit_code == 2 and "1 of this plan" in refused.what


def test_results_of_another_plan_are_not_walked_away_from(tmp_path):
    run(store=tmp_path)
    key = "0123456789abcdef"
    folder = tmp_path / "steps" / key
    folder.mkdir(parents=True)
    record = whole("score", key=key, provenance={"preregistration": digest_in(tmp_path)})
    (folder / "record.json").write_text(json.dumps(record))
    refused = run("--sesoi", "0.2", store=tmp_path).exception
    assert isinstance(refused, InputError) and "another plan" in refused.what


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--weight", "greedy2=1"), "greedy2"),
        (("--weight", "swap=x"), "no number"),
        (("--weight", "swap=0"), "above 0"),
        (("--weight", "swap=1", "--weight", "swap=2"), "has a weight already"),
        (("--langs", "qaa,xx"), "xx"),
        (("--sesoi", "0"), "smallest effect"),
        (("--alpha", "0.7"), "alpha"),
    ],
)
def test_mistakes_are_told(words, what, tmp_path):
    refused = run(*words, store=tmp_path).exception
    assert isinstance(refused, InputError) and what in str(refused) and not (tmp_path / FILE).exists()


def test_a_sweep_without_trajectories_has_no_plan(tmp_path):
    refused = run(store=tmp_path, small=("sweep.k=[0]", "sweep.controls={}", "sweep.replays=[]")).exception
    assert isinstance(refused, InputError) and "no trajectories" in refused.what


def test_a_changed_file_is_no_preregistration(tmp_path):
    run(store=tmp_path)
    told = json.loads((tmp_path / FILE).read_text())
    told["plan"]["sesoi"] = 0.5
    (tmp_path / FILE).write_text(json.dumps(told))
    with pytest.raises(CorruptArtefact, match="digest"):
        registered(tmp_path)
    assert digest_in(tmp_path) == "unreadable" and Plan(sesoi=0.5).digest != Plan().digest


@pytest.mark.parametrize("fields", [{"sesoi": "0.5"}, {"k": [1.5]}, {"heads": "pawsx"}, {"later": 1}, {"levels": None}])
def test_a_plan_of_other_types_is_none_even_with_its_own_digest(fields, tmp_path):
    run(store=tmp_path)
    told = json.loads((tmp_path / FILE).read_text())
    for changes in ({"sesoi": 1, "attacks": {"swap": 1}}, fields):
        plan = {**told["plan"], **changes}
        (tmp_path / FILE).write_text(json.dumps({**told, "plan": plan, "digest": ids.digest(plan)}))
        if changes is not fields:
            assert registered(tmp_path).digest == ids.digest(plan)
    with pytest.raises(CorruptArtefact, match=next(iter(fields))):
        registered(tmp_path)


@pytest.mark.parametrize(
    "text", ["{", '{"schema": 9, "spec": {}, "scores": 3, "provenance": {"preregistration": "DIGEST"}}']
)
def test_a_record_that_does_not_read_back_may_be_a_result_of_another_plan(text, tmp_path):
    run(store=tmp_path)
    folder = tmp_path / "steps" / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(text.replace("DIGEST", digest_in(tmp_path)))
    refused = run("--sesoi", "0.2", store=tmp_path).exception
    assert isinstance(refused, InputError) and "another plan" in refused.what
