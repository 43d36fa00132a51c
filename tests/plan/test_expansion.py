"""Expansion: what a sweep is made of, counted; nothing twice, nothing by order, nothing heavy."""

import dataclasses
import json
import math
import subprocess
import sys
from collections import Counter

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.errors import ConfigError, CorruptArtefact, InputError, UnknownName
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.steps.spec import spec
from adaptstilts.steps.step import Score, TrainAdapter
from adaptstilts.store.manifest import read_manifest, write_manifest
from adaptstilts.store.store import Store
from adaptstilts.zoo.index import read_index, write_index
from adaptstilts.zoo.zoo import Zoo, shipped_zoo

SWEEP = """
extends: pocket
name: small
summary: a small sweep
evaluation: {attacks: [swap, mix_fields, greedy]}
sweep:
  pool: [squad, mnli, qqp, csqa]
  k: [0, 1, 2, 4]
  orderings: 3
  targets: [pawsx, udpos]
"""


@pytest.fixture
def grown(tmp_path):
    """A sweep with `key=value` settings, adapters trained and not taken from a zoo."""
    file = tmp_path / "small.yaml"
    file.write_text(SWEEP)
    return lambda *settings, zoo=None: expand(str(file), settings, zoo or Zoo(tmp_path / "no zoo"))


def keys(sweep):
    return {step.key for step in sweep.steps}


def test_cells_are_the_product_and_steps_are_counted(grown):
    sweep = grown()
    assert Counter((c.composition, c.k) for c in sweep.cells) == {
        ("none", 0): 6,
        ("fuse", 1): 6,
        ("fuse", 2): 6,
        ("fuse", 4): 6,
    }
    assert all(len(c.tasks) == c.k and c.role == "k" for c in sweep.cells)
    kinds = Counter(step.kind for step in sweep.steps)
    assert kinds == {"adapter": 4, "transfer": 24, "score": 24 * 4}
    assert len(keys(sweep)) == len(sweep.steps)


def test_steps_come_after_what_they_need(grown):
    seen = set()
    for step in grown("sweep.replays=[greedy]").steps:
        assert {need.key for need in step.needs} <= seen
        seen.add(step.key)


def test_prefixes_of_one_ordering_are_chains(grown):
    cells = [c for c in grown().cells if c.target == "pawsx"]
    for ordering in range(3):
        chain = {c.k: c.tasks for c in cells if c.ordering == ordering}
        assert chain[1] == chain[4][:1] and chain[2] == chain[4][:2]
    assert all({a.task for a in c.transfer.adapters} == set(c.tasks) for c in cells)


def test_every_cell_has_a_seed_of_its_own_also_where_all_orderings_meet(grown):
    sweep = grown("sweep.seeds=[0, 1]")
    seeds = {(c.ordering, c.k, c.target, c.seed) for c in sweep.cells}
    assert len(seeds) == len(sweep.cells) == len({c.seed for c in sweep.cells}) == 48
    full = [c for c in sweep.cells if c.k == 4 and c.target == "pawsx"]
    assert len({c.transfer.key for c in full}) == 6
    assert len({tuple(a.key for a in c.transfer.adapters) for c in full}) == 1  # fusion has no order


def test_an_ordering_that_comes_again_has_seeds_of_its_own(grown):
    sweep = grown("sweep.pool=[squad, mnli]", "sweep.k=[0, 1, 2]", "sweep.orderings=6")
    assert len({c.seed for c in sweep.cells}) == len(sweep.cells) == 6 * 3 * 2
    assert len({c.tasks for c in sweep.cells if c.k == 2}) == 2
    assert keys(grown("sweep.pool=[squad, mnli]", "sweep.k=[0, 1, 2]", "sweep.orderings=2")) < keys(sweep)


def test_what_is_unordered_repeats_no_permutation_and_what_is_ordered_keeps_its_order(grown):
    fused = {tuple(a.task for a in c.transfer.adapters) for c in grown().cells if c.k == 4}
    stacked = [c for c in grown("sweep.compositions=[stack]").cells if c.k == 4]
    assert fused == {("csqa", "mnli", "qqp", "squad")}
    assert len({tuple(a.task for a in c.transfer.adapters) for c in stacked}) == 3
    assert all(tuple(a.task for a in c.transfer.adapters) == c.tasks for c in stacked)


def test_a_target_that_trains_nothing_has_equal_steps_once_and_no_head(grown):
    sweep = grown("sweep.targets=[tatoeba]", "sweep.compositions=[average]", "evaluation.attacks=[]")
    assert {c.head for c in sweep.cells} == {""}
    full = [c for c in sweep.cells if c.k == 4]
    assert len(full) == 3 and len({c.transfer.key for c in full}) == 1 and {c.seed for c in full} == {0}
    more = ["sweep.seeds=[0, 1]", "sweep.reference={fractions: [0.5, 1.0], seeds: [0, 1, 2, 3, 4, 5]}"]
    again = grown("sweep.targets=[tatoeba]", "sweep.compositions=[average]", "evaluation.attacks=[]", *more)
    assert again.cells == sweep.cells  # replicates and a line would be the same again
    assert not grown("sweep.targets=[tatoeba]", "sweep.k=[2]").cells
    (reason,) = grown("sweep.targets=[tatoeba]", "sweep.k=[2]").left_out
    assert "trains nothing" in reason


def test_targets_of_one_training_set_share_a_head(grown):
    sweep = grown("sweep.targets=[mlqa, xquad, lareqa, pawsx, tydiqa]", "sweep.k=[0]")
    assert {c.target: c.head for c in sweep.cells} == {
        "mlqa": "xquad", "xquad": "xquad", "lareqa": "xquad", "pawsx": "pawsx", "tydiqa": "tydiqa",
    }  # fmt: skip
    assert {c.head for c in grown("sweep.targets=[mlqa]", "sweep.k=[0]").cells} == {"xquad"}


@pytest.mark.parametrize(
    "more",
    ["sweep.targets=[pawsx, udpos, panx]", "sweep.k=[0, 1, 2, 3, 4]", "sweep.seeds=[0, 5]", "sweep.severities=[0.2]",
     "sweep.budgets=[99]", "sweep.replays=[greedy]", "sweep.compositions=[fuse, average]", "sweep.orderings=8",
     "sweep.further=[4]", "sweep.further=[3, 9]",
     "sweep.baselines=[{composition: full, over: none}]", "sweep.spending={device_hours: 1}",
     "evaluation.attacks=[swap, mix_fields, greedy, drop]"],
)  # fmt: skip
def test_more_of_anything_keeps_what_was_there(grown, more):
    """Adding to a sweep runs only the addition; orderings are kept by whole blocks of as many as there are tasks."""
    before, after = grown("sweep.orderings=4"), grown("sweep.orderings=4", more)
    assert keys(before) <= keys(after)
    assert ("spending" in more) == (keys(before) == keys(after))


def test_controls_are_sized_to_k_and_stand_beside_a_trajectory(grown):
    sweep = grown("sweep.controls={compositions: [random, copies, wide], k: [2, 4], orderings: 2}")
    controls = [c for c in sweep.cells if c.role == "control"]
    assert len(controls) == 3 * 2 * 2 * 2
    beside = {(c.ordering, c.k, c.target): c for c in sweep.cells if c.role == "k"}
    for control in controls:
        cell = beside[control.ordering, control.k, control.target]
        assert control.seed == cell.seed
        sizes = {"random": len(control.transfer.members), "copies": len(control.transfer.adapters)}
        assert sizes.get(control.composition, control.k) == control.k
        if control.composition == "wide":
            assert [a.shape.times for a in control.transfer.adapters] == [control.k]
        if control.composition != "random":
            assert control.tasks == cell.tasks[:1]


def test_copies_are_trained_with_seeds_of_their_own(grown):
    sweep = grown("sweep.controls={compositions: [copies], k: [4], task: qqp}")
    (control, *_) = [c for c in sweep.cells if c.role == "control"]
    assert [a.seed for a in control.transfer.adapters] == [0, 1, 2, 3]
    assert {a.task for a in control.transfer.adapters} == {"qqp"}


def test_baselines_take_the_pool_or_each_or_none(grown):
    chosen = "[{composition: multitask}, {composition: single, over: each}, {composition: full, over: none}]"
    sweep = grown(f"sweep.baselines={chosen}")
    found = Counter((c.composition, c.k) for c in sweep.cells if c.role == "baseline")
    assert found == {("multitask", 4): 2, ("single", 1): 8, ("full", 0): 2}
    named = grown("sweep.baselines=[{composition: sequential, tasks: [qqp, mnli]}]")
    assert [c.tasks for c in named.cells if c.role == "baseline"] == [("qqp", "mnli")] * 2


def test_reference_models_are_spread_and_have_no_adapters(grown):
    sweep = grown("sweep.reference={fractions: [0.05, 0.5, 1.0], rows: [64], seeds: [0, 1, 2]}")
    line = [c for c in sweep.cells if c.role == "reference" and c.target == "pawsx"]
    assert len({c.transfer.key for c in line}) == 12 and not any(c.tasks or c.k for c in line)
    assert sorted({(c.transfer.recipe.steps, c.transfer.rows) for c in line}, key=str) == [
        (160, 64), (160, None), (8, None), (80, None),
    ]  # fmt: skip
    bounded = grown("transfer.rows=100", "sweep.reference={fractions: [0.05, 0.5], seeds: [0, 1, 2, 3, 4, 5]}")
    assert {c.transfer.rows for c in bounded.cells if c.role == "reference"} == {5, 50}


def test_severities_touch_graded_perturbations_and_budgets_searches(grown):
    base, curves = grown(), grown("sweep.severities=[0.03, 0.2, 0.4]", "sweep.budgets=[5]")
    new = [s for s in curves.steps if isinstance(s, Score) and s.key not in keys(base)]
    assert {(s.attack, s.severity, s.budget) for s in new} == {("swap", 0.2, 0), ("swap", 0.4, 0), ("greedy", 0.0, 5)}


def test_texts_of_the_least_and_the_largest_k_are_read_by_all_others(grown):
    sweep = grown("sweep.replays=[greedy]", "sweep.targets=[pawsx]", "sweep.orderings=1")
    replays = {c.k: [s for s in c.scores if s.texts] for c in sweep.cells}
    assert {k: len(found) for k, found in replays.items()} == {0: 1, 1: 2, 2: 2, 4: 1}
    own = {c.k: next(s for s in c.scores if s.attack == "greedy" and not s.texts) for c in sweep.cells}
    assert {s.texts.key for s in replays[2]} == {own[0].key, own[4].key}
    assert all(s.clean == own[k].clean for k, found in replays.items() for s in found)


def test_planted_noise_grows_with_log_k_on_attacked_scores_of_trajectories_only(grown):
    plain = grown("sweep.controls={compositions: [random], k: [4]}")
    planted = grown("sweep.controls={compositions: [random], k: [4]}", "sweep.planted_noise=0.5")
    for cell in planted.cells:
        expected = round(0.5 * math.log2(max(cell.k, 1)), 6) if cell.role == "k" else 0.0
        assert {s.noise for s in cell.scores if s.attack} == {expected}
        assert {s.noise for s in cell.scores if not s.attack} == {0.0}
    moved = keys(plain) ^ keys(planted)
    assert moved and all(step.noise for step in planted.steps if step.key in moved)
    assert "noise" not in spec(plain.cells[0].scores[1])


def test_adapters_come_from_the_zoo_where_it_has_them():
    config = load_config("pocket", values={"sweep": {"pool": ["squad", "mnli"], "k": [2], "targets": ["pawsx"]}})
    assert not any(isinstance(step, TrainAdapter) for step in expand(config).steps)


def test_a_zoo_of_ones_own_is_looked_in_too_but_not_for_what_the_store_has_trained(grown, tmp_path, monkeypatch):
    """`zoo add` in the middle of a sweep must not give new keys to what is built on the adapter."""
    store, own = Store(tmp_path / "store"), tmp_path / "own"
    monkeypatch.setenv("ADAPTSTILTS_ZOO", str(own))
    config = grown("intermediate.tasks={}", "intermediate.recipe.steps=7").config
    before = expand(config, store=store)
    step = next(step for step in before.steps if isinstance(step, TrainAdapter))
    (entry, *_) = read_index(shipped_zoo().root).adapters
    own.mkdir()
    mine = dataclasses.replace(entry, name="mine", step=step.key, task=step.task)
    write_index(own, read_index(own).of([mine]))
    shelved = expand(config, store=store)
    assert step not in shelved.steps and len(shelved.steps) == len(before.steps) - 1
    store.folder(step.key).mkdir(parents=True)
    (store.folder(step.key) / "record.json").write_text("{}")
    assert expand(config, store=store).steps == before.steps


def test_a_design_is_in_no_key():
    design = {"pool": ["squad"], "k": [1], "targets": ["pawsx"]}
    config = load_config("pocket", values={"sweep": design})
    steps = expand(config).steps
    assert {s.key for s in steps} == {s.key for s in expand(dataclasses.replace(config, name="other")).steps}
    assert "sweep" not in json.dumps([spec(s) for s in steps])


def test_all_mistakes_at_once_with_suggestions(grown):
    with pytest.raises(ConfigError) as caught:
        grown(
            "sweep.pool=[squad, mnlii]", "sweep.k=[0, 7, 7]", "sweep.targts=[pawsx]", "sweep.compositions=[fuze]",
            "sweep.reference={fractions: [0.5]}", "sweep.controls.kk=3", "sweep.severities=[2]",
        )  # fmt: skip
    told = str(caught.value)
    for part in (
        "did you mean mnli", "7 named twice", "7 is not within 0 and 2", "did you mean 'targets'", "did you mean fuse",
        "too few for a line", "sweep.controls.kk: unknown key; did you mean 'k'",
        "2.0 is not in (0, 1]",
    ):  # fmt: skip
        assert part in told, part


def test_what_is_not_attacked_cannot_be_replayed_in_a_sweep_but_the_config_serves_other_verbs(grown):
    with pytest.raises(ConfigError, match=r"sweep\.replays: drop is not among evaluation\.attacks"):
        grown("sweep.replays=[drop]")
    assert load_config("pocket-k", ["evaluation.attacks=[swap]"]).evaluation.attacks == ("swap",)


def test_a_baseline_with_an_unknown_key_is_told(grown):
    with pytest.raises(ConfigError, match=r"sweep\.baselines\.0\.taskz: unknown key; did you mean 'tasks'"):
        grown("sweep.baselines=[{composition: full, taskz: [mnli]}]")


def test_a_config_without_a_sweep():
    with pytest.raises(InputError, match="no sweep"):
        expand("pocket")


def test_expansion_imports_no_torch():
    code = (
        "import sys\nfrom adaptstilts import expand\n"
        "config = expand('pocket-k'); assert config.steps\nprint({'torch', 'transformers', 'adapters'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_manifest_reads_back(grown, tmp_path):
    sweep, store = grown(), Store(tmp_path / "store")
    path = write_manifest(manifest(sweep), store)
    assert path == tmp_path / "store" / "sweeps" / "small.json"
    found = read_manifest(store, "small")
    assert found == manifest(sweep) and found.plain() == json.loads(path.read_text())
    cell = next(c for c in found.cells if c.k == 2)
    assert set(cell.plain()) == {
        "role",
        "composition",
        "k",
        "tasks",
        "ordering",
        "head",
        "target",
        "seed",
        "transfer",
        "scores",
    }
    assert cell.scores[0] in keys(sweep) and len(found.digest) == 16
    assert manifest(grown("sweep.drawing=1")).digest != found.digest


def test_a_manifest_that_was_changed_or_is_not_there(grown, tmp_path):
    store = Store(tmp_path / "store")
    path = write_manifest(manifest(grown()), store)
    path.write_text(path.read_text().replace('"k": 2', '"k": 3'))
    with pytest.raises(CorruptArtefact, match="digest"):
        read_manifest(store, "small")
    with pytest.raises(UnknownName, match="did you mean small"):
        read_manifest(store, "smal")


def test_each_target_is_scored_in_those_of_the_wanted_languages_that_are_its_own():
    def asked(codes):
        return expand("low-compute", ["sweep.targets=[xnli,tydiqa]", f"evaluation.languages=[{codes}]"])

    spoken = {(cell.target, score.languages) for cell in asked("en,bn,sw,th").cells for score in cell.scores}
    assert spoken == {("xnli", ("en", "sw", "th")), ("tydiqa", ("en", "bn", "sw"))}
    with pytest.raises(UnknownName, match=r"language of .* called 'yo'"):
        asked("en,yo")
    with pytest.raises(InputError, match="tydiqa has none of the languages th"):
        asked("th")
