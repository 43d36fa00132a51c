"""Every family of adapters in every composition: it runs, trains what it declares and reloads, or is refused by name."""

import itertools

import adapters
import numpy as np
import pytest
import torch
from adapters.composition import Average, Fuse, Stack
from adapters.methods.bottleneck import BottleneckLayer
from adapters.methods.lora import LoRALinear
from adapters.methods.prefix_tuning import PrefixTuningLayer

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.compositions.blocks import TARGET, Averaged, Fused, Stacked, names_in
from adaptstilts.compositions.limits import FAMILIES, reason, widened
from adaptstilts.errors import NotApplicable
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle
from adaptstilts.models.families import config_of
from adaptstilts.settings import AdapterSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

TASKS = ("mnli", "squad", "swag")
SHAPES = {name: AdapterSettings(name, 4, rank=2, alpha=4, prefix_length=3) for name in FAMILIES}
SHAPES["dropped"] = AdapterSettings("seq_bn", 4, drop=1)
CASES = [
    (composition.name, method, family, on_top)
    for composition in COMPOSITIONS
    for method in composition.methods or ("",)
    for family in SHAPES
    for on_top in ((True, False) if family == "seq_bn" else (True,))
]


def move(assembly, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)


@pytest.fixture(scope="module")
def zoos(lab, tmp_path_factory):
    """Three adapters of every family."""
    root, zoos = tmp_path_factory.mktemp("zoos"), {}
    for family in FAMILIES:
        shape = SHAPES[family]
        zoos[family] = {task: root / family / task for task in TASKS}
        for number, (task, folder) in enumerate(zoos[family].items()):
            made = lab.assemble("xlm-roberta", task, adapters={}, shape=shape, head_name=task)
            move(made, number)
            save_adapter(made, task, folder)
    return {**zoos, "dropped": zoos["seq_bn"]}


def block_of(composition, method, on_top):
    count = composition.least if composition.most is not None else max(2, composition.least)
    names = {"random": ("random-1", "random-2"), "copies": ("mnli", "squad")}
    members = names.get(composition.name, TASKS[: max(count, composition.most or 0)])
    return composition.block(members, target_adapter=on_top, method=method)


@pytest.mark.parametrize(("name", "method", "family", "on_top"), CASES)
def test_it_trains_what_it_declares_and_reloads_or_says_why_not(lab, zoos, tmp_path, name, method, family, on_top):
    composition, zoo, shape = COMPOSITIONS.get(name), zoos[family], SHAPES[family]
    block = block_of(composition, method, on_top)
    trains = composition.trains(target_adapter=on_top, method=method)
    if reason(composition, shape, method=method, target_adapter=on_top):
        if name != "wide" and method in ("", "linear"):  # the rest would run and mean nothing
            with pytest.raises(NotApplicable, match="family"):
                lab.assemble("xlm-roberta", block, trains=trains, adapters=zoo, shape=shape)
        return
    made = lab.assemble("xlm-roberta", block, trains=trains, adapters=zoo, shape=shape)
    assert set(made.digests) == set(names_in(block)) & set(zoo)
    frozen = {key: p.clone() for key, p in made.model.named_parameters() if not p.requires_grad}
    opened = {key for part in trains for key in made.part(part)}
    assert opened == {key for key, p in made.model.named_parameters() if p.requires_grad}
    assert all(made.part(part) for part in trains)
    assert not any(".loras.random" in key or ".adapters.random" in key for key in opened)
    counts = made.parts()
    assert counts["trainable"] == sum(counts[part] for part in trains)
    assert counts["added"] == counts["total"] - lab.backbones["xlm-roberta"].parameters
    encodings = lab.encodings(8)
    batch = made.collate(encodings, targets=True)
    made.loss(made(batch), batch).backward()
    grown = {key for key, p in made.model.named_parameters() if p.grad is not None}
    assert grown == opened
    made.zero_grad()
    train(made, encodings, Recipe(steps=1, rate=1e-2, fusion_rate=1e-2, batch=8), seed=1)
    for key, parameter in made.model.named_parameters():
        assert parameter.grad is None, key
        assert key not in frozen or torch.equal(parameter, frozen[key]), key
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", zoo)
    assert again.parts() == {**counts, "trainable": 0}
    for before, after in zip(predict(made, encodings), predict(again, encodings), strict=True):
        assert np.array_equal(before, after)
    made.close(), again.close()


@pytest.mark.parametrize("on_top", [True, False])
def test_untrained_members_are_frozen_adapters_that_the_bundle_keeps(lab, tmp_path, on_top):
    """Even if somebody asks for the target adapter to be trained, and whatever the seed it is loaded with."""
    block = COMPOSITIONS.get("random").block(("random-1", "random-2"), target_adapter=on_top)
    made = lab.assemble("xlm-roberta", block, trains=("fusion", "target_adapter", "head"), seed=9)
    members = {key for key in made.part("adapters") if ".adapters.random-" in key}
    assert members == set(made.part("adapters")) and not any(
        made.part("adapters")[key].requires_grad for key in members
    )
    assert bool(made.part("target_adapter")) == on_top
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", {})
    for key in members:
        assert torch.equal(again.part("adapters")[key], made.part("adapters")[key])
    other = lab.assemble("xlm-roberta", block, seed=10)
    assert not any(
        torch.equal(p, other.part("adapters")[key]) for key, p in made.part("adapters").items() if p.ndim > 1
    )


def test_refusals_are_those_of_adapters():
    layers = {"seq_bn": BottleneckLayer, "lora": LoRALinear, "ia3": LoRALinear, "prefix_tuning": PrefixTuningLayer}
    for (family, layer), (name, block) in itertools.product(
        layers.items(), {"fuse": Fuse, "average": Average, "stack": Stack}.items()
    ):
        refused = bool(reason(COMPOSITIONS.get(name), SHAPES[family]))
        assert refused == (block not in layer.supported_compositions), (family, name)


def plain_model(lab, folders):
    model = adapters.XLMRobertaAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
    for folder in folders:
        model.load_adapter(str(folder), with_head=False, use_safetensors=True)
    return model.eval()


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in ("lora", "par_bn")])
def test_a_stack_is_that_of_adapters(lab, zoos, family):
    made = lab.assemble("xlm-roberta", Stacked(TASKS), adapters=zoos[family])
    plain = plain_model(lab, zoos[family].values())
    plain.set_active_adapters(Stack(*TASKS))
    batch = made.collate(lab.encodings(5))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)


def test_updates_of_lora_add_up(lab, zoos):
    """Against the encoder with the sums of B A in its own matrices."""
    plain = plain_model(lab, zoos["lora"].values())
    shares = {"mnli": 0.5, "squad": 0.5, "swag": 1.0}
    for layer in plain.modules():
        if isinstance(layer, LoRALinear):
            for name, share in shares.items():
                if name in layer.loras:
                    update = layer.loras[name]
                    layer.weight.data += share * update.scaling * update.lora_B.data @ update.lora_A.data
    plain.set_active_adapters(None)
    made = lab.assemble("xlm-roberta", Stacked((Averaged(("mnli", "squad")), "swag")), adapters=zoos["lora"])
    batch = made.collate(lab.encodings(5))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)


def test_what_parallel_adapters_add_adds_up(lab, zoos, tmp_path):
    """Against one parallel adapter of `adapters` that is as wide as all three together."""
    plain = plain_model(lab, zoos["par_bn"].values())
    plain.add_adapter("all", config=adapters.AdapterConfig.load("par_bn", reduction_factor=4 / 3))
    for layer in plain.modules():
        if isinstance(layer, BottleneckLayer) and "all" in layer.adapters:
            parts, whole = [layer.adapters[task] for task in TASKS], layer.adapters["all"]
            whole.adapter_down[0].weight.data = torch.cat([part.adapter_down[0].weight for part in parts])
            whole.adapter_down[0].bias.data = torch.cat([part.adapter_down[0].bias for part in parts])
            whole.adapter_up.weight.data = torch.cat([part.adapter_up.weight for part in parts], dim=1)
            whole.adapter_up.bias.data = torch.stack([part.adapter_up.bias for part in parts]).sum(0)
    plain.set_active_adapters("all")
    made = lab.assemble("xlm-roberta", Stacked(TASKS), adapters=zoos["par_bn"])
    batch = made.collate(lab.encodings(5))
    with torch.inference_mode():
        expected = plain.eval().roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mixed", [True, False])
def test_adapterdrop_is_that_of_adapters(lab, zoos, tmp_path, family, mixed):
    if mixed and family not in ("seq_bn", "double_seq_bn", "par_bn"):
        block, setup = "mnli", "mnli"
    else:
        block, setup = (Fused(TASKS), Fuse(*TASKS)) if mixed else (Stacked(("mnli",)), Stack("mnli"))
    shape = AdapterSettings(family, 4, rank=2, alpha=4, prefix_length=3, drop=1)
    made = lab.assemble("xlm-roberta", block, adapters=zoos[family], shape=shape)
    move(made)
    plain = plain_model(lab, zoos[family].values())
    if made.part("fusion"):
        assert not any(".layer.0." in key for key in made.part("fusion"))
        save_bundle(made, tmp_path / "bundle", {})
        plain.load_adapter_fusion(str(tmp_path / "bundle" / "fusion-0"), use_safetensors=True)
    plain.set_active_adapters(setup, skip_layers=[0])
    batch = made.collate(lab.encodings(5))
    with torch.inference_mode():
        expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
        torch.testing.assert_close(made._encode(batch, 2), expected, atol=2e-5, rtol=1e-5)
    fresh = lab.assemble("xlm-roberta", TARGET, adapters={}, shape=shape)
    whole = lab.assemble("xlm-roberta", TARGET, adapters={}, shape=SHAPES[family])
    assert fresh.parts()["target_adapter"] < whole.parts()["target_adapter"]
    assert not any(".layer.0." in key for key in fresh.part("target_adapter") if ".pool." not in key)


def test_widened_shapes_have_as_many_parameters(lab):
    for family in ("seq_bn", "double_seq_bn", "par_bn", "lora"):
        one, three = (
            lab.assemble("xlm-roberta", "mnli", adapters={}, shape=shape).part("target_adapter")
            for shape in (SHAPES[family], widened(SHAPES[family], 3))
        )
        weights = [sum(p.numel() for p in part.values() if p.ndim > 1) for part in (one, three)]
        assert weights[1] == 3 * weights[0]


def test_what_cannot_be_is_refused(lab, zoos):
    with pytest.raises(NotApplicable, match="layers"):
        lab.assemble("xlm-roberta", TARGET, shape=AdapterSettings("seq_bn", 4, drop=2))
    with pytest.raises(NotApplicable, match="r 0 makes no lora"):
        lab.assemble("xlm-roberta", TARGET, shape=AdapterSettings("lora", rank=0))
    with pytest.raises(NotApplicable, match="'mnli' is a bottleneck adapter and 'target' a lora one"):
        lab.assemble("xlm-roberta", Stacked(("mnli", TARGET)), adapters=zoos["seq_bn"], shape=SHAPES["lora"])


@pytest.mark.parametrize("times", range(1, 10))
@pytest.mark.parametrize(("width", "reduction"), [(96, 64), (128, 16), (128, 2), (768, 16), (1024, 16), (1024, 64)])
def test_a_wide_bottleneck_is_exactly_so_many_times_as_wide(width, reduction, times):
    """Held against the rule by which `adapters` sizes a bottleneck: the width over the factor, rounded down."""
    plain = AdapterSettings("seq_bn", reduction)
    found = config_of(widened(plain, times), width, 2)
    assert int(width // found.reduction_factor) == times * int(width // reduction)
