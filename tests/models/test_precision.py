"""Frozen matrices in bfloat16: near float32 and `torch.autocast`, everything that trains in float32, and who decides."""

import copy

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from adaptstilts.compositions import TARGET
from adaptstilts.compositions.blocks import Fused, Stacked
from adaptstilts.compositions.limits import FAMILIES
from adaptstilts.models import precision
from adaptstilts.models.assembly import assemble
from adaptstilts.models.bundle import ENCODER, load_bundle, save_bundle
from adaptstilts.models.door.open import open_backbone
from adaptstilts.settings import AdapterSettings, BackboneSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

CPU = torch.device("cpu")
FUSED = Stacked((Fused(("squad", "mnli", "swag")), TARGET))
MATRICES = ("query", "key", "value", "dense")
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU autocast does it")


@pytest.fixture(scope="module")
def halves(lab):
    return {name: open_backbone(BackboneSettings(str(folder)), "bfloat16") for name, folder in lab.folders.items()}


def made(lab, backbone, block=FUSED, trains=("fusion", "target_adapter", "head"), **more):
    options = {"adapters": lab.zoo[backbone.architecture], "shape": lab.shape, "head": lab.label, "seed": 5, **more}
    return assemble(backbone, block=block, trains=trains, head_name="paws", **options)


def passed(assembly, batch):
    """Outputs, and the gradient of a loss by all that trains, in one row."""
    outputs = assembly(batch)
    assembly.zero_grad()
    outputs.square().mean().backward()
    slopes = [p.grad.flatten() for _, p in assembly.named_trainable() if p.grad is not None]
    return outputs.detach().flatten(), torch.cat(slopes)


def off(found, wanted):
    return float((found - wanted).norm() / wanted.norm())


def held_to_autocast(half, exact, batch):
    """Half is no further from exact than exact is under `torch.autocast`, which was not written here."""
    found, wanted = passed(half, batch), passed(exact, batch)
    with torch.autocast("cpu", torch.bfloat16):
        theirs = passed(exact, batch)
    for mine, right, their in zip(found, wanted, theirs, strict=True):
        assert mine.dtype == torch.float32
        assert 0 < off(mine, right) < 1.2 * off(their, right) < 0.3


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
def test_outputs_and_gradients_are_as_near_to_float32_as_those_of_autocast(lab, halves, model_type):
    half, exact = made(lab, halves[model_type]), made(lab, lab.backbones[model_type])
    batch = half.collate(lab.encodings(24, model_type=model_type), targets=True)
    held_to_autocast(half, exact, batch)


def test_only_frozen_matrices_are_held_in_bfloat16(lab, halves):
    assembly = made(lab, halves["xlm-roberta"])
    for name, parameter in assembly.model.named_parameters():
        own = name.startswith("roberta.encoder.") and "adapter" not in name
        halved = own and name.split(".")[-2] in MATRICES
        assert parameter.dtype == (torch.bfloat16 if halved else torch.float32), name
        assert not (halved and parameter.requires_grad)
    before, after = (
        {n: p.nbytes for n, p in b.model.named_parameters()}
        for b in (lab.backbones["xlm-roberta"], halves["xlm-roberta"])
    )
    assert {before[name] / after[name] for name in before} == {1.0, 2.0}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_saves_and_reloads_to_the_same_bits(lab, halves, tmp_path, family):
    shape = AdapterSettings(family, 4, rank=2, alpha=4, prefix_length=3)
    half, exact = (
        made(lab, backbones["xlm-roberta"], TARGET, shape=shape, adapters={}) for backbones in (halves, lab.backbones)
    )
    for assembly in (half, exact):
        draw = torch.Generator().manual_seed(0)
        for _, parameter in assembly.named_trainable():
            with torch.no_grad():
                parameter += 0.2 * torch.randn(parameter.shape, generator=draw)
    encodings = lab.encodings(16)
    batch = half.collate(encodings, targets=True)
    held_to_autocast(half, exact, batch)
    train(half, encodings, Recipe(steps=2, batch=8), seed=0)
    before = predict(half, encodings)
    save_bundle(half, tmp_path / "bundle", {})
    again = predict(load_bundle(halves["xlm-roberta"], tmp_path / "bundle", {}), encodings)
    assert all(np.array_equal(a, b) for a, b in zip(before, again, strict=True))


def test_a_whole_encoder_trains_from_the_exact_weights_and_keeps_them_in_float32(lab, halves, tmp_path):
    assembly = made(lab, halves["xlm-roberta"], None, ("backbone", "head"), adapters={})
    exact = dict(lab.backbones["xlm-roberta"].model.named_parameters())
    assert all(torch.equal(parameter, exact[name]) for name, parameter in assembly.part("backbone").items())
    encodings = lab.encodings(16)
    train(assembly, encodings, Recipe(steps=2, batch=8, rate=1e-3), seed=0)
    before = predict(assembly, encodings)
    save_bundle(assembly, tmp_path / "bundle", {})
    assert {tensor.dtype for tensor in load_file(tmp_path / "bundle" / ENCODER).values()} == {torch.float32}
    loaded = load_bundle(halves["xlm-roberta"], tmp_path / "bundle", {})
    assert all(np.array_equal(a, b) for a, b in zip(before, predict(loaded, encodings), strict=True))
    with loaded.exactly():
        exactly = predict(loaded, encodings)
    assert not np.array_equal(before[0], exactly[0])


def test_assemblies_leave_the_halved_backbone_as_it_is(lab, halves):
    before = copy.deepcopy(halves["bert"].model.state_dict())
    train(made(lab, halves["bert"]), lab.encodings(16, model_type="bert"), Recipe(steps=2, batch=8), seed=0)
    after = halves["bert"].model.state_dict()
    assert list(after) == list(before) and all(torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize("fast", [True, False])
def test_the_processor_and_the_width_of_the_encoder_decide(monkeypatch, fast):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: fast)
    assert precision.precision_for("auto", CPU, 384) == ("bfloat16" if fast else "float32")
    assert precision.precision_for("auto", CPU, 128) == "float32"
    assert {precision.precision_for(asked, CPU, width) for asked in ("float32",) for width in (128, 384)} == {"float32"}
    assert precision.precision_for("bfloat16", CPU, 128) == "bfloat16"
    assert open_backbone(BackboneSettings("pocket"), "auto").precision == "float32"


@pytest.mark.parametrize(
    ("line", "fast"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 clzero", True),
        ("flags\t\t: fpu amx_bf16 amx_tile", True),
        ("Features\t: fp asimd sve bf16 i8mm", True),
        ("flags\t\t: fpu avx2 avx512f avx512_vnni", False),
        ("processor\t: 0", False),
    ],
)
def test_flags_are_read_where_torch_does_not_tell(monkeypatch, tmp_path, line, fast):
    """Lines of /proc/cpuinfo as Linux writes them on x86 and Arm."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(precision.sys, "platform", "linux")
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n\nprocessor\t: 1\n{line}\n")
    assert precision.multiplies_bfloat16(tmp_path / "cpuinfo") == fast
    assert not precision.multiplies_bfloat16(tmp_path / "absent")
