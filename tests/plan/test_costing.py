"""Costs: counted by hand, monotone, from a calibration or openly rough; and the limit that a sweep must not break."""

import dataclasses
import json
import random

import pytest
from click.testing import CliRunner

from adaptstilts import places, pocket
from adaptstilts.attacks.attack import Attacked
from adaptstilts.cli.main import cli
from adaptstilts.config.load import load_config
from adaptstilts.errors import CorruptArtefact, InputError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Prediction
from adaptstilts.models.assembly import assemble
from adaptstilts.models.door.open import open_backbone
from adaptstilts.plan.cell import cell
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.budget import check_budget, outlook
from adaptstilts.plan.sweeps.cost import Calibration, Costing, Speed, calibration_of, place, rough, total
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.sizes import tokens_of
from adaptstilts.settings import BackboneSettings
from adaptstilts.store.journal import Journal
from adaptstilts.store.predictions import write_predictions
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.work import calibration as calibrating
from adaptstilts.work.predictions import attacked_line, line

FLAT = Calibration("pocket", "a test", 4, 128, 1_000_000, (Speed(32, 1000.0, 500.0),), 10**9, 5.0)
SMALL = [
    "sweep.orderings=2",
    "sweep.targets=[pawsx, udpos]",
    "sweep.k=[0, 1, 3]",
    "sweep.reference={}",
    "sweep.replays=[]",
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAPTSTILTS_CACHE", str(tmp_path / "cache"))


def costs(settings, request, which):
    config = load_config("pocket", settings)
    steps = {step.title: step for step in cell(config, request, None).steps}
    return Costing(config, FLAT).of(steps[which])


def test_training_is_steps_times_batch_or_epochs_times_rows():
    request = Request("none", (), "pawsx")
    settings = ["transfer.tasks={}", "transfer.recipe.steps=10", "transfer.recipe.batch=8"]
    by_steps = costs(settings, request, "none() → pawsx")
    assert by_steps.examples == 80 + 128  # and the rows that are read before and after saving
    epochs = ["transfer.tasks={}", "transfer.recipe.steps=null", "transfer.recipe.epochs=2", "transfer.rows=50"]
    assert costs(epochs, request, "none() → pawsx").examples == 2 * 50 + 128


def test_seconds_are_tokens_over_speed_and_a_start():
    from adaptstilts.data.sources import source_of

    length = tokens_of(TASKS.get("pawsx"), source_of("pocket"))
    found = costs(
        ["transfer.tasks={}", "transfer.recipe.steps=10", "transfer.recipe.batch=8"],
        Request("none", (), "pawsx"),
        "none() → pawsx",
    )
    assert found.seconds == pytest.approx(80 * length / 500 + 128 * length / 1000 + 5.0, rel=0.01)
    assert found.tokens == pytest.approx(208 * length, abs=2)


def test_a_search_asks_its_budget_of_every_row_and_a_replay_does_not():
    request = Request("none", (), "pawsx")
    settings = [
        "evaluation.rows=50",
        "evaluation.search_rows=10",
        "evaluation.budget=7",
        "evaluation.attacks=[swap, greedy]",
    ]
    languages = len(pocket.LANGUAGES)
    assert (
        costs(settings, request, "score clean").examples
        == costs(settings, request, "score swap").examples
        == 50 * languages
    )
    assert costs(settings, request, "score greedy").examples == 10 * languages * 8
    config = load_config("pocket", settings)
    greedy = cell(config, request, None).scores[-1]
    assert Costing(config, FLAT).of(dataclasses.replace(greedy, texts=greedy)).examples == 10 * languages


@pytest.mark.parametrize(
    "target", ["pawsx", "sib200", "xcopa", "udpos", "panx", "xquad", "tydiqa", "tatoeba", "lareqa"]
)
@pytest.mark.parametrize("limit", [20, 200])
def test_disk_of_scores_is_no_less_than_the_files_of_their_rows(tmp_path, target, limit):
    """Against the files themselves, as pyarrow and the journal write them: rows of seven languages with their texts and gold answers."""
    config = load_config("pocket", ["evaluation.attacks=[swap]", f"evaluation.rows={limit}"])
    costing = Costing(config, FLAT)
    clean, swap = cell(config, Request("none", (), target), None).scores
    task, source = costing.facts.task(target), costing.facts.source
    kind, draw, lines, attacked = kind_of(task.kind), random.Random(0), [], []
    for language in clean.languages:
        rows = list(source.rows(task, "test", language, limit, 0, None))
        scored = [(row, Prediction(kind.gold(row), draw.random(), draw.random())) for row in rows]
        lines += [line(row, said, kind, task) for row, said in scored]
        made = [(Attacked(row, "edited", 3, draw.random()), said) for row, said in scored]
        attacked += [attacked_line(row, said, kind, task) for row, said in made]
        Journal(tmp_path / "attacked.jsonl").append([(language, row.id) for row in rows], [row for row, _ in made])
    written = write_predictions(tmp_path, lines).stat().st_size
    assert written <= costing.of(clean).disk <= 3 * written
    written = write_predictions(tmp_path, attacked).stat().st_size + (tmp_path / "attacked.jsonl").stat().st_size
    assert written <= costing.of(swap).disk <= 2 * written
    replayed = costing.of(dataclasses.replace(swap, texts=swap))
    assert replayed.disk == costing.of(clean).disk, "a replay keeps no journal"


def test_disk_is_what_the_assembly_will_save():
    """Against the parameters that the model room counts: fusion, target adapter and head of an assembled composition."""
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.kinds.kind import Head

    config = load_config("pocket")
    backbone = open_backbone(config.backbone)
    fuse = COMPOSITIONS.get("fuse")
    assembly = assemble(
        backbone, block=fuse.block(("a", "b"), target_adapter=True), adapters={}, trains=fuse.trains(target_adapter=True),
        shape=config.adapter, head=Head("sequence", 2, "label"), head_name="pawsx", seed=0,
    )  # fmt: skip
    parts = {part: sum(p.numel() for p in assembly.part(part).values()) for part in ("fusion", "target_adapter")}
    shape = dataclasses.replace(
        FLAT, layers=backbone.model.config.num_hidden_layers, hidden=backbone.model.config.hidden_size
    )
    transfer = cell(config, Request("fuse", ("squad", "mnli"), "pawsx"), None).transfer
    assert Costing(config, shape).of(transfer).disk == pytest.approx(4 * sum(parts.values()), rel=0.03)


def test_speeds_between_lengths_are_interpolated():
    two = dataclasses.replace(FLAT, speeds=(Speed(128, 3000.0, 300.0), Speed(64, 1000.0, 100.0)))
    assert two.seconds(1000, 96) == pytest.approx(0.5) and two.seconds(1000, 96, train=True) == pytest.approx(5.0)
    assert two.seconds(1000, 8) == pytest.approx(1.0) and two.seconds(3000, 999) == pytest.approx(1.0)


def test_of_several_tasks_each_takes_part_by_its_rows():
    config = load_config("pocket")
    steps = cell(config, Request("multitask", ("mnli", "qqp"), "pawsx"), None).steps
    joint = Costing(config, FLAT).of(steps[0])
    apart = total(Costing(config, FLAT).of(adapter_step(ConfigFacts(config), name)) for name in ("mnli", "qqp"))
    assert joint.examples == pytest.approx(apart.examples, rel=0.01)


def test_a_rough_guess_says_so():
    for name in ("pocket", "FacebookAI/xlm-roberta-large"):
        found = calibration_of(BackboneSettings(name=name))
        assert not found.measured and found.said.startswith("ROUGH") and found == rough(BackboneSettings(name=name))


def test_the_guess_knows_an_encoder_by_its_name_or_its_config_and_never_by_a_part_of_its_name(tmp_path):
    large, base = (24, 1024), (12, 768)
    for name, size in [
        ("xlm-roberta-large", large), ("FacebookAI/xlm-roberta-base", base), ("intfloat/multilingual-e5-large", large),
        ("microsoft/infoxlm-large", large), ("bert-base-multilingual-cased", base),
    ]:  # fmt: skip
        found = rough(BackboneSettings(name=name))
        assert (found.layers, found.hidden) == size and "as large as" not in found.said
    folder = tmp_path / "very-large"
    folder.mkdir()
    (folder / "config.json").write_text((places.encoder() / "config.json").read_text())
    for settings in (BackboneSettings(name="pocket"), BackboneSettings(name=str(folder))):
        assert (rough(settings).layers, rough(settings).hidden, rough(settings).parameters) == (4, 128, 1_440_896)
    assert rough(BackboneSettings(name=str(folder), layers=2)).layers == 2
    unknown = rough(BackboneSettings(name="someone/tiny"))
    assert unknown.layers == 24 and "an encoder as large as XLM-R large is taken" in unknown.said
    assert unknown.parameters == rough(BackboneSettings(name="xlm-roberta-large")).parameters
    assert rough(BackboneSettings(name="someone/tiny", layers=6)).layers == 6


def test_a_calibration_at_the_earlier_place_is_found(tmp_path, monkeypatch):
    import platformdirs

    monkeypatch.delenv("ADAPTSTILTS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert place(BackboneSettings(name="pocket")).is_relative_to(tmp_path / "xdg" / "adaptstilts" / "calibration")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "Caches" / "adaptstilts")
    assert places.cached("a", "b.json") == tmp_path / "Caches" / "adaptstilts" / "a" / "b.json"
    earlier = tmp_path / "xdg" / "adaptstilts" / "a" / "b.json"
    earlier.parent.mkdir(parents=True)
    earlier.touch()
    assert places.cached("a", "b.json") == earlier
    monkeypatch.setenv("ADAPTSTILTS_CACHE", str(tmp_path / "mine"))
    assert places.cached("a", "b.json") == tmp_path / "mine" / "a" / "b.json"


def test_calibration_is_measured_kept_and_found_again(monkeypatch, tmp_path):
    monkeypatch.setattr(calibrating, "SECONDS", 0.001)
    monkeypatch.setattr(calibrating, "LENGTHS", (8, 16))
    done = CliRunner().invoke(cli, ["calibrate", "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    config = load_config("pocket")
    found = calibration_of(config.backbone)
    assert found.measured and told["file"] == str(place(config.backbone)) and tmp_path in place(config.backbone).parents
    assert [speed.length for speed in found.speeds] == [8, 16] and all(
        s.forward > 0 and s.train > 0 for s in found.speeds
    )
    assert (found.layers, found.hidden) == (4, 128) and found.start > 0 and found.memory > 10**8


def test_a_damaged_calibration(tmp_path):
    file = tmp_path / "c.json"
    file.write_text("{")
    with pytest.raises(CorruptArtefact, match="adaptstilts calibrate"):
        calibration_of(BackboneSettings(), file)


def test_the_outlook_counts_every_step_once_and_what_is_done_costs_nothing(tmp_path):
    sweep, store = expand("pocket-k", SMALL), Store(tmp_path)
    before = outlook(sweep, store, FLAT)
    assert sum(line.steps for line in before.lines) == len(sweep.steps) == before.whole.steps == before.left.steps
    assert before.left.seconds == pytest.approx(sum(line.left.seconds for line in before.lines))
    by_k = {line.k: line.steps for line in before.lines if line.role == "k" and line.kind == "transfer"}
    assert by_k == {0: 4, 1: 4, 3: 4}
    step = sweep.steps[-1]
    with store.claim(step.key):
        (store.folder(step.key) / "record.json").write_text("{}")
    after = outlook(sweep, store, FLAT)
    assert after.left.steps == len(sweep.steps) - 1 and after.whole == before.whole
    assert after.left.seconds == pytest.approx(before.left.seconds - Costing(sweep.config, FLAT).of(step).seconds)


def test_a_sweep_above_its_limit_is_refused_unless_told(tmp_path):
    sweep = expand("pocket-k", [*SMALL, "sweep.spending={device_hours: 0.01, disk_gb: 0.001}"])
    with pytest.raises(InputError, match="--over-budget") as caught:
        check_budget(sweep, Store(tmp_path), FLAT)
    assert caught.value.exit_code == 2
    assert "device-hours" in str(caught.value) and "GB of disk" in str(caught.value)
    assert len(check_budget(sweep, Store(tmp_path), FLAT, over=True).over) == 2
    assert not check_budget(expand("pocket-k", [*SMALL, "sweep.spending={}"]), Store(tmp_path), FLAT).over


def test_plan_prints_and_gives_json(tmp_path):
    command = ["plan", "pocket-k", "--out", str(tmp_path)] + [part for setting in SMALL for part in ("--set", setting)]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 0, told.output
    for part in ("control wide", "device-hours", "ROUGH", "per doubling of k", "2 orderings, 2 independent heads"):
        assert part in told.stdout
    found = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
    sweep = expand("pocket-k", SMALL)
    assert found["steps"] == len(sweep.steps) and found["cells"] == len(sweep.cells) and found["done"] == 0
    assert (
        found["power"]["detectable_slope"] > 0
        and found["power"]["detectable_probits"] > 0
        and found["calibration"]["measured"] is False
    )
    assert {"role", "k", "kind", "steps", "done", "left"} == set(found["lines"][0])


def test_plan_of_a_config_without_a_sweep():
    assert CliRunner().invoke(cli, ["plan", "pocket"]).exit_code == 1  # InputError, which `main` turns into 2
    assert isinstance(CliRunner().invoke(cli, ["plan", "pocket"]).exception, InputError)


ON_A_CPU = dataclasses.replace(FLAT, device="1 thread(s) of a CPU")
KEPT = [
    *SMALL, "adapter.drop=2", "sweep.targets=[pawsx]", "sweep.controls={}", "sweep.baselines=[]", "transfer.tasks={}",
    "transfer.rows=40", "transfer.recipe={steps: 10, batch: 8}", "evaluation.rows=20", "evaluation.languages=[en, qab]",
    "evaluation.attacks=[swap, greedy]", "intermediate.rows=30", "intermediate.recipe={epochs: 2}", "intermediate.tasks={}",
]  # fmt: skip


def test_what_the_lowest_layers_give_is_in_the_disk(tmp_path):
    """Counted by hand: each transfer's own rows (its seed draws them), clean and swapped rows of two languages once."""
    from adaptstilts.data.sources import source_of

    def planned(*more):
        return outlook(expand(load_config("pocket-k", [*KEPT, *more])), Store(tmp_path), ON_A_CPU)

    found, without = planned(), planned("device.lowest_gb=0")
    sweep = expand(load_config("pocket-k", KEPT))
    transfers = sum(step.kind == "transfer" for step in sweep.steps)
    adapters = [step.task for step in sweep.steps if step.kind == "adapter"]
    of = {name: tokens_of(TASKS.get(name), source_of("pocket")) * 4 * 128 for name in ("pawsx", *adapters)}
    expected = (40 * transfers + 2 * 2 * 20) * of["pawsx"] + sum(30 * of[name] for name in adapters)
    assert found.lowest == pytest.approx(expected, rel=1e-6)
    assert found.left.disk - without.left.disk == found.lowest == found.as_dict()["lowest_bytes"]
    assert without.lowest == 0 and planned("adapter.drop=0").lowest == 0
    assert planned("device.lowest_gb=0.002").lowest == 2_000_000, "never more than is allowed"
    once = planned("transfer.recipe={steps: 5, batch: 8}", "intermediate.recipe={epochs: 1}")
    assert once.lowest == pytest.approx(2 * 2 * 20 * of["pawsx"], rel=1e-6), "training rows are read once"


def test_plan_says_what_of_the_disk_that_is(tmp_path):
    settings = [word for setting in KEPT for word in ("--set", setting)]
    done = CliRunner().invoke(cli, ["plan", "pocket-k", *settings, "--out", str(tmp_path)])
    assert done.exit_code == 0 and "outputs of the layers that adapter.drop leaves alone" in done.stdout
