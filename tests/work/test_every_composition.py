"""Contract: every declared composition, control and baseline trains, is saved, reread and scored on the pocket lab."""

import json

import pytest

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import load_config
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.steps.spec import rebuilt, spec
from adaptstilts.steps.step import upstream
from adaptstilts.store.runs import config_of, step_of, transfer_named
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

SMALL = [
    "intermediate.tasks={}",
    "transfer.tasks={}",
    "intermediate.recipe.steps=2",
    "transfer.recipe.steps=2",
    "intermediate.rows=16",
    "transfer.rows=16",
    "evaluation.rows=12",
    "evaluation.attacks=[swap]",
    "evaluation.languages=[en, qab]",
]
TASKS = ("ccg", "mnli", "squad")


def request_for(composition, target="pawsx"):
    least = 0 if composition.most == 0 else max(1, composition.least)
    count = len(TASKS) if composition.most is None else min(least, composition.most)
    return Request(composition.name, TASKS[:count], target, times=2)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    return Session(load_config("pocket", SMALL), Store(root / "runs"), Zoo(root / "zoo"))


def done(session, request):
    todo = cell(session.config, request, None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    return todo, session.store.record(todo.transfer.key).plain()


@pytest.mark.parametrize("name", COMPOSITIONS.names())
class TestEveryComposition:
    def test_it_is_trained_saved_reread_and_scored(self, session, name):
        composition = COMPOSITIONS.get(name)
        todo, record = done(session, request_for(composition))
        parts = record["parts"]
        opened = composition.trains(target_adapter=todo.transfer.target_adapter)
        assert parts["trainable"] == sum(parts[part] for part in opened)
        assert parts["total"] >= parts["trainable"] > 0
        assert set(record["adapters"]) <= set(record["members"])
        for step in todo.scores:
            assert list(session.store.record(step.key).scores) == ["en", "qab"]

    def test_its_steps_can_be_told_from_their_records(self, session, name):
        todo, record = done(session, request_for(COMPOSITIONS.get(name)))
        for step in todo.steps:
            assert step_of(session.store, step.key) == step
        assert transfer_named(session.store, record["key"][:8]) == todo.transfer
        assert config_of(session.store, todo.transfer, {}) == session.config


def test_a_record_of_another_version_is_told(session):
    todo, _ = done(session, Request("none", (), "pawsx"))
    changed = {**spec(todo.transfer), "target_version": 99}
    with pytest.raises(CorruptArtefact, match="another version"):
        rebuilt(changed, lambda key: step_of(session.store, key), todo.transfer.key)


def test_an_unknown_run_names_those_that_there_are(session):
    todo, _ = done(session, Request("none", (), "pawsx"))
    with pytest.raises(UnknownName, match=todo.transfer.key):
        transfer_named(session.store, "ffffffff")


class TestSequential:
    """One adapter, task after task; Chaudhry et al. (2018) define forgetting as best earlier score minus the last."""

    def test_its_table_holds_every_task_after_every_step(self, session):
        todo, record = done(session, Request("sequential", TASKS, "pawsx"))
        table = record["forgetting"]
        assert table["order"] == list(TASKS)
        assert [[score is None for score in table["scores"][task]] for task in TASKS] == [
            [False, False, False],
            [True, False, False],
            [True, True, False],
        ]
        for task in TASKS[:-1]:
            scores = [score for score in table["scores"][task] if score is not None]
            assert table["forgetting"][task] == pytest.approx(max(scores[:-1]) - scores[-1])
        chain = [step for step in upstream(todo.transfer) if step.kind == "adapter"]
        assert [step.title for step in chain] == [
            "adapter ccg",
            "adapter mnli after ccg",
            "adapter squad after ccg, mnli",
        ]

    def test_its_first_step_is_the_separate_adapter_and_the_next_goes_on_in_it(self, session):
        todo, _ = done(session, Request("sequential", TASKS, "pawsx"))
        first, second, _ = (step for step in upstream(todo.transfer) if step.kind == "adapter")
        assert first == adapter_step(session.facts, "ccg")
        adapters = [session.store.record(step.key).adapter.digest for step in (first, second)]
        assert adapters[0] != adapters[1]

    def test_the_score_of_an_earlier_task_is_that_of_its_own_head_on_the_changed_adapter(self, session):
        """Before anything changed the adapter, the head loaded again gives the very score that was recorded."""
        from adaptstilts.work.held_out import held_out_scores
        from adaptstilts.work.learn import _learner

        todo, _ = done(session, Request("sequential", TASKS, "pawsx"))
        first, second, _ = (step for step in upstream(todo.transfer) if step.kind == "adapter")
        assembly = _learner(second, session)  # not trained yet: the adapter is still the first step's
        again = held_out_scores(assembly, first.lessons[0], first, session)
        assembly.close()
        assert again == session.store.record(first.key).scores


def test_separate_adapters_forget_nothing(session):
    """After other adapters and a fusion were trained beside it, an adapter's file and its score are what they were."""
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.heads import load_head
    from adaptstilts.work.held_out import held_out_scores

    step = adapter_step(session.facts, "mnli")
    done(session, Request("single", ("mnli",), "pawsx"))
    before = session.store.record(step.key)
    done(session, Request("fuse", TASKS, "pawsx"))
    folder = session.store.folder(step.key) / "adapter"
    assembly = assemble(
        session.backbone,
        block="mnli",
        adapters={"mnli": folder},
        trains=(),
        shape=step.shape,
        head=session.head("mnli"),
        head_name="mnli",
        seed=0,
    )
    load_head(assembly.model, "mnli", folder)
    after = held_out_scores(assembly, step.lessons[0], step, session)
    assembly.close()
    metric = session.task("mnli").metric
    assert before.scores["en"].metric(metric) - after["en"].metric(metric) == 0
    assert after == before.scores


class TestFull:
    def test_it_trains_the_encoder_and_starts_where_the_task_ended(self, session):
        from safetensors.torch import load_file

        todo, record = done(session, Request("full", ("mnli",), "pawsx"))
        (ingredient,) = todo.transfer.adapters
        assert ingredient.whole and record["parts"]["trainable"] > record["parts"]["backbone"] > 0
        encoder = load_file(session.encoder_weights(todo.transfer))
        own = dict(session.backbone.model.named_parameters())
        assert any(not tensor.equal(own[name]) for name, tensor in encoder.items()), "the task changed nothing"
        fresh, _ = done(session, Request("full", (), "pawsx"))
        assert session.encoder_weights(fresh.transfer) is None

    def test_the_backbone_of_the_others_is_never_touched(self, session):
        own = {name: tensor.clone() for name, tensor in session.backbone.model.named_parameters()}
        done(session, Request("full", ("squad",), "pawsx", seed=3))
        assert all(tensor.equal(own[name]) for name, tensor in session.backbone.model.named_parameters())


def test_copies_differ_by_seed_alone_and_the_first_is_the_zoo_s(session):
    todo, record = done(session, Request("copies", ("mnli",), "pawsx", times=3))
    assert [step.seed for step in todo.transfer.adapters] == [0, 1, 2]
    assert todo.transfer.adapters[0] == adapter_step(session.facts, "mnli")
    assert len(set(record["adapters"].values())) == 3
    assert record["members"] == ["mnli-1", "mnli-2", "mnli-3"]


def test_controls_are_as_large_as_what_they_control(session):
    """k adapters under fusion, k copies, k untrained ones: the same parts, so that capacity is equal."""
    _, fused = done(session, Request("fuse", ("mnli", "squad"), "pawsx"))
    for name, tasks in (("random", ()), ("copies", ("mnli",))):
        _, control = done(session, Request(name, tasks, "pawsx", times=2))
        assert control["parts"] == fused["parts"]
    _, wide = done(session, Request("wide", ("mnli",), "pawsx", times=2))
    layers, width = session.backbone.layers, session.backbone.hidden_size
    # k bottlenecks have k output biases a layer, a k times wider one has one
    assert fused["parts"]["adapters"] - wide["parts"]["adapters"] == layers * width


def test_multitask_trains_on_every_task(session):
    todo, record = done(session, Request("multitask", ("squad", "mnli"), "pawsx"))
    made = session.store.record(todo.transfer.adapters[0].key)
    assert made.training.steps == 4, "as many steps as the two have apart"
    assert set(made.others) | {made.task} == {"mnli", "squad"}
    assert record["tasks"] == ["mnli", "squad"]


def test_mlm_reads_the_user_s_text_and_its_content_is_in_the_key(session, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("one sentence here\nanother one\n" * 20, encoding="utf-8")
    plain = cell(session.config, Request("mlm", ("mnli",), "pawsx"), None).transfer.key
    config = load_config("pocket", [*SMALL, f"data.text={text}"])
    own = cell(config, Request("mlm", ("mnli",), "pawsx"), None)
    assert own.transfer.key != plain
    text.write_text("something else\n" * 30, encoding="utf-8")
    assert cell(config, Request("mlm", ("mnli",), "pawsx"), None).transfer.key != own.transfer.key


def test_fusion_attention_is_in_the_clean_record(session):
    todo, record = done(session, Request("fuse", ("mnli", "squad"), "pawsx"))
    clean = session.store.record(todo.scores[0].key)
    assert list(clean.attention) == ["en", "qab"]
    for layers in clean.attention.values():
        assert len(layers) == session.backbone.layers
        for weights in layers:
            assert len(weights) == len(record["members"])
            assert sum(weights) == pytest.approx(1, abs=1e-3)


def test_records_say_how_their_config_was(session):
    _, record = done(session, Request("none", (), "pawsx"))
    assert record["provenance"]["settings"]["transfer"]["rows"] == 16
    assert json.dumps(record)
