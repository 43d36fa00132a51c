"""Means, gates and merges against `adapters`' own blocks and merges, PEFT's functions and sums written out."""

import itertools
import json
from pathlib import Path

import adapters
import numpy as np
import pytest
import torch
from adapters import AdapterConfig
from adapters.composition import Average, Stack
from adapters.methods.bottleneck import BottleneckLayer

from adaptstilts.compositions.blocks import MERGED, TARGET, Averaged, Gated, Merged, Stacked
from adaptstilts.errors import InputError, NotApplicable, UnknownName
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle
from adaptstilts.models.mixing import merge as merging
from adaptstilts.settings import AdapterSettings
from adaptstilts.training.prediction import predict

TASKS = ("mnli", "squad", "swag")
ON_TOP = {True: lambda block: Stacked((block, TARGET)), False: lambda block: block}
GOLDEN = json.loads((Path(__file__).parent / "peft_merges.json").read_text())


def move(assembly, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter += 0.5 * torch.randn(parameter.shape, generator=generator)


def plain_model(lab, folders, *more):
    """Plain `adapters` with the same adapters loaded."""
    model = adapters.XLMRobertaAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
    for folder in (*folders, *more):
        model.load_adapter(str(folder), with_head=False, use_safetensors=True)
    return model.eval()


def zoo_of(lab, tmp_path, shape):
    """Three adapters of a shape with weights of some size."""
    folders = {}
    for number, task in enumerate(TASKS):
        made = lab.assemble("xlm-roberta", task, adapters={}, shape=shape, head_name=task)
        move(made, seed=number)
        save_adapter(made, task, tmp_path / task)
        folders[task] = tmp_path / task
    return folders


@pytest.mark.parametrize(
    ("architecture", "on_top"),
    [*itertools.product(["seq_bn", "double_seq_bn", "ia3"], [True, False]), ("par_bn", False)],
)
def test_the_mean_is_that_of_adapters(lab, tmp_path, architecture, on_top):
    shape = AdapterSettings(architecture, 4)
    zoo = zoo_of(lab, tmp_path, shape)
    made = lab.assemble("xlm-roberta", ON_TOP[on_top](Averaged(TASKS)), adapters=zoo, shape=shape)
    move(made)
    if on_top:
        save_adapter(made, TARGET, tmp_path / TARGET)
    plain = plain_model(lab, zoo.values(), *([tmp_path / TARGET] if on_top else []))
    # its weighted sum is divided by the number of adapters once more, so the mean has weights of one
    mean = Average(*TASKS, weights=[1.0] * 3, normalize_weights=False)
    plain.set_active_adapters(Stack(mean, TARGET) if on_top else mean)
    batch = made.collate(lab.encodings(6))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        found = made._encode(batch, 2)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)
    assert made.notes == ()


def test_adapters_that_do_not_join_are_averaged_one_by_one_and_named(lab, tmp_path):
    model = adapters.XLMRobertaAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
    folders = {}
    for task in TASKS:
        model.add_adapter(task, config=AdapterConfig.load("seq_bn", reduction_factor=4, use_gating=True))
        folders[task] = tmp_path / task
    for parameter in model.parameters():
        parameter.data += 0.05
    for task, folder in folders.items():
        model.save_adapter(str(folder), task, with_head=False, use_safetensors=True)
    made = lab.assemble("xlm-roberta", Averaged(TASKS), adapters=folders)
    assert len(made.notes) == 1 and "mnli,squad,swag" in made.notes[0]
    plain = plain_model(lab, folders.values())
    plain.set_active_adapters(Average(*TASKS, weights=[1.0] * 3, normalize_weights=False))
    batch = made.collate(lab.encodings(4))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["seq_bn", "double_seq_bn", "par_bn"])
def test_a_gate_mixes_what_each_adapter_gives(lab, tmp_path, architecture):
    """Against `adapters`' own adapters run one by one in float64, gradients included; at zero it is the mean."""
    shape = AdapterSettings(architecture, 4)
    zoo = zoo_of(lab, tmp_path, shape)
    made = lab.assemble("xlm-roberta", Gated(TASKS), adapters=zoo, shape=shape, trains=("gate", "head"))
    mean = lab.assemble("xlm-roberta", Averaged(TASKS), adapters=zoo, shape=shape)
    batch = made.collate(lab.encodings(4), targets=True)
    with torch.inference_mode():
        assert torch.equal(made(batch), mean(batch))
    move(made)
    made.double()
    results = []
    for slow in (False, True):
        if slow:
            for layer in made.model.modules():
                if isinstance(layer, BottleneckLayer):
                    layer.__dict__["joined_mixtures"] = {}
        made.zero_grad()
        outputs = made(batch)
        made.loss(outputs, batch).backward()
        results.append([outputs.detach(), *(p.grad.clone() for _, p in made.named_trainable())])
    for fast, one_by_one in zip(*results, strict=True):
        torch.testing.assert_close(fast, one_by_one, atol=1e-10, rtol=1e-10)
    made.float(), mean.float()
    assert {name.rpartition(".adapter_gates.")[2] for name in made.part("gate")} == {
        "mnli,squad,swag.weight",
        "mnli,squad,swag.bias",
    }


def test_a_gate_without_a_look_at_the_token_is_a_weighted_mean_of_adapters(lab, tmp_path):
    zoo = lab.zoo["xlm-roberta"]
    made = lab.assemble("xlm-roberta", Gated(TASKS))
    shares = torch.tensor([0.5, 0.2, 0.3])
    for name, parameter in made.part("gate").items():
        if name.endswith(".bias"):
            parameter.data.copy_(shares.log())
    plain = plain_model(lab, zoo.values())
    plain.set_active_adapters(Average(*TASKS, weights=(3 * shares).tolist(), normalize_weights=False))
    batch = made.collate(lab.encodings(4))
    with torch.inference_mode(), made.watch() as seen:
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)
    np.testing.assert_allclose(seen.mean(), np.tile(shares, (2, 1)), atol=1e-6)


@pytest.mark.parametrize("architecture", ["seq_bn", "double_seq_bn", "par_bn", "lora", "ia3", "prefix_tuning"])
def test_a_linear_merge_is_that_of_adapters(lab, tmp_path, architecture):
    shape = AdapterSettings(architecture, 4, prefix_length=3)
    zoo = zoo_of(lab, tmp_path, shape)
    made = lab.assemble("xlm-roberta", Merged(TASKS), adapters=zoo, shape=shape)
    assert made.fresh == (MERGED,) and set(made.digests) == set(TASKS)
    plain = plain_model(lab, zoo.values())
    plain.average_adapter("mean", list(TASKS), combine_strategy="linear")
    plain.set_active_adapters("mean")
    batch = made.collate(lab.encodings(4))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)
    save_bundle(made, tmp_path / "bundle", {})
    plain.load_adapter(str(tmp_path / "bundle" / "adapter-merged"), use_safetensors=True, set_active=True)
    with torch.inference_mode():
        again = plain.eval().roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
    torch.testing.assert_close(again, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_merges_equal_those_of_peft(case):
    vectors = torch.tensor(case["vectors"])
    found = {
        "arithmetic": lambda: merging.arithmetic(vectors),
        "ties": lambda: merging.ties(vectors),
        "dare": lambda: merging.dare(vectors, torch.tensor(case["kept"], dtype=torch.bool)),
    }[case["name"].split("-")[0]]()
    torch.testing.assert_close(found, torch.tensor(case["merged"]), atol=1e-6, rtol=1e-6)


def test_task_vectors_start_where_an_adapter_does_nothing(lab, tmp_path):
    """An adapter of any family whose task vector is zero leaves the encoder as it is, so merges of such do too."""
    batch = lab.assemble("xlm-roberta", None).collate(lab.encodings(4))
    with torch.inference_mode():
        bare = lab.assemble("xlm-roberta", None)._encode(batch, 2)
    for architecture in ("seq_bn", "lora", "ia3"):
        shape = AdapterSettings(architecture, 4)
        made = lab.assemble("xlm-roberta", "mnli", adapters={}, shape=shape)
        for name, parameter in made.part("target_adapter").items():
            parameter.data.fill_(merging._neutral(made.model, name))
        save_adapter(made, "mnli", tmp_path / architecture)
        for method in ("arithmetic", "ties", "dare"):
            folders = {"mnli": tmp_path / architecture}
            merged = lab.assemble("xlm-roberta", Merged(("mnli",), method), adapters=folders, shape=shape)
            with torch.inference_mode():
                torch.testing.assert_close(merged._encode(batch, 2), bare, atol=1e-6, rtol=1e-6)


def test_dare_drops_by_seed_and_adapter_and_a_bundle_keeps_what_was_drawn(lab, tmp_path):
    block = Merged(TASKS, "dare")
    one, same, other = (lab.assemble("xlm-roberta", block, seed=seed) for seed in (5, 5, 6))
    first, second, third = (torch.cat([p.flatten() for p in m.part("adapters").values()]) for m in (one, same, other))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    encodings = lab.encodings(4)
    save_bundle(one, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", lab.zoo["xlm-roberta"])
    for before, after in zip(predict(one, encodings), predict(again, encodings), strict=True):
        assert np.array_equal(before, after)


@pytest.mark.parametrize("architecture", ["seq_bn", "double_seq_bn", "par_bn", "lora", "ia3"])
def test_learned_weights_are_a_merge_of_adapters_that_learns(lab, tmp_path, architecture):
    """At zero it is `adapters`' linear merge; elsewhere `average_adapter` with a softmax's weights, layer by layer."""
    shape = AdapterSettings(architecture, 4)
    zoo = zoo_of(lab, tmp_path, shape)
    made = lab.assemble(
        "xlm-roberta", Merged(TASKS, "learned"), adapters=zoo, shape=shape, trains=("merge", "target_adapter", "head")
    )
    assert made.parts()["merge"] == 6 and made.parts()["target_adapter"] == 0
    batch = made.collate(lab.encodings(4), targets=True)
    for logits in (torch.zeros(3), torch.tensor([1.0, -1.0, 0.5])):
        for parameter in made.part("merge").values():
            parameter.data.copy_(logits)
        plain = plain_model(lab, zoo.values())
        weights = torch.softmax(logits, 0).tolist()
        plain.average_adapter("mean", list(TASKS), weights=weights, combine_strategy="linear")
        plain.set_active_adapters("mean")
        with torch.inference_mode():
            expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
            torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)
    made.loss(made(batch), batch).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in made.part("merge").values())
    assert all(parameter.grad is None for parameter in made.part("adapters").values())
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", zoo)
    for before, after in zip(predict(made, lab.encodings(4)), predict(again, lab.encodings(4)), strict=True):
        assert np.array_equal(before, after)


def test_what_does_not_merge_is_named(lab, tmp_path):
    wider = lab.assemble("xlm-roberta", "wide", adapters={}, shape=AdapterSettings("seq_bn", 2))
    save_adapter(wider, "wide", tmp_path / "wide")
    folders = {**lab.zoo["xlm-roberta"], "wide": tmp_path / "wide"}
    with pytest.raises(NotApplicable, match="'mnli' and 'wide' have different shapes"):
        lab.assemble("xlm-roberta", Merged(("mnli", "wide")), adapters=folders)
    with pytest.raises(UnknownName, match="did you mean ties"):
        lab.assemble("xlm-roberta", Merged(TASKS, "tie"))
    with pytest.raises(InputError, match="two adapters called 'merged'"):
        lab.assemble("xlm-roberta", Stacked((Merged(TASKS), MERGED)), adapters=lab.zoo["xlm-roberta"])
