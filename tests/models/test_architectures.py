"""The law of all architectures: each computes what `transformers` computes, and bears all that it is not refused for by name."""

import copy
import dataclasses
import itertools
import json
import random
import shutil

import adapters
import numpy as np
import pytest
import torch
import transformers
from adapters.composition import Stack
from safetensors.torch import load_file, save_file

from adaptstilts.compositions import COMPOSITIONS, TARGET
from adaptstilts.compositions.blocks import Fused, Stacked, names_in
from adaptstilts.compositions.limits import FAMILIES, reason
from adaptstilts.errors import NotApplicable, Refused
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.architectures.fields import count
from adaptstilts.models.assembly import assemble
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle, save_encoder
from adaptstilts.models.devices import own_device
from adaptstilts.models.door.adapter_check import vet_adapter
from adaptstilts.models.door.config import read_config
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.heads import masked_head
from adaptstilts.models.lower import content
from adaptstilts.models.mixing import fusion
from adaptstilts.models.quantization import quantize
from adaptstilts.models.whitebox.open_model import OpenModel
from adaptstilts.settings import AdapterSettings, BackboneSettings, DeviceSettings, Recipe
from adaptstilts.training.engine import Engine
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict
from tests.models.architectures import SIZES, make

TASKS = ("mnli", "squad", "swag")
SHAPES = {name: AdapterSettings(name, 4, rank=2, alpha=4, prefix_length=3) for name in FAMILIES}
LABEL = Head("sequence", 3, "label")
HEADS = {
    "label": LABEL, "choice": Head("sequence", 1, "choice"), "span": Head("token", 2, "span"), "tags": Head("token", 3, "tags"),
    "contrast": Head("sequence", 0, "contrast"), "half": Head("pooled", 0, "none", 0.5), "whole": Head("pooled", 0, "none", 1.0),
}  # fmt: skip
TARGETS = {
    "tags": lambda i, ids: tuple(j % 3 for j in range(len(ids))),
    "span": lambda i, ids: (1, 2),
    "contrast": lambda i, ids: i % 2,
    "choice": lambda i, ids: 1,
}
LANGUAGES = ("en", "sw")


class Bench:
    """One architecture's encoder, adapters on it, and inputs."""

    def __init__(self, name, root):
        self.name, self.known = name, ARCHITECTURES.get(name)
        self.folder = make(root / name, name)
        self.backbone = open_backbone(BackboneSettings(str(self.folder)))
        self.zoo = {}
        for number, task in enumerate(TASKS):
            made = self.assemble(task, adapters={}, trains=("target_adapter", "head"), head_name=task)
            move(made, number)
            self.zoo[task] = root / f"{name}-{task}"
            save_adapter(made, task, self.zoo[task], head=True)

    def assemble(self, block, *, trains=("fusion", "target_adapter", "head"), head=LABEL, seed=5, **more):
        options = {
            "adapters": self.zoo,
            "head_name": "paws",
            "shape": SHAPES["seq_bn"],
            "backbone": self.backbone,
            **more,
        }
        backbone = options.pop("backbone")
        made = assemble(backbone, block=block, trains=trains, head=head, seed=seed, **options)
        if backbone.languages:
            made.speak("en")
        return made

    @property
    def exact(self):
        """The backbone in float64, for itself."""
        return dataclasses.replace(self.backbone, model=copy.deepcopy(self.backbone.model).double())

    def encodings(self, count, *, seed=0, target=lambda i, ids: i % 3):
        """Random inputs of several lengths; every other one has a second segment, and where there are languages another one."""
        rng, made = random.Random(seed), []
        first, last = (2, 3) if self.known.specials["cls_token"] == "[CLS]" else (0, 2)
        for i in range(count):
            ids = (first, *(rng.randrange(5, 65) for _ in range(rng.randrange(3, 20))), last)
            spoken = LANGUAGES[i % 2] if self.backbone.languages else ""
            made.append(Encoding(i, ids, target(i, ids), second=len(ids) // 2 if i % 2 else 0, language=spoken))
        return made


def move(assembly, seed=0):
    """A trained adapter's numbers are nowhere zero."""
    generator = torch.Generator().manual_seed(seed)
    for _, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)


@pytest.fixture(scope="module", params=ARCHITECTURES.names())
def bench(request, tmp_path_factory):
    return Bench(request.param, tmp_path_factory.mktemp(request.param))


def stock(bench):
    """The encoder as `transformers` reads the same folder."""
    found = transformers.AutoModel.from_pretrained(bench.folder).eval()
    if getattr(found, "pooler", None) is not None:
        found.pooler = None
    return found


def asked(batch):
    """A batch as `transformers` takes it."""
    more = {"token_type_ids": batch.types, "lang_ids": batch.spoken}
    return {
        "input_ids": batch.ids,
        "attention_mask": batch.mask.long(),
        **{k: v for k, v in more.items() if v is not None},
    }


def test_it_computes_what_transformers_computes(bench):
    """With no adapter, and with one of each family at zero."""
    plain, encodings = stock(bench), bench.encodings(6)
    for family in (None, *(name for name in FAMILIES if name not in (*bench.known.unfit, "prefix_tuning"))):
        made = bench.assemble(None if family is None else TARGET, adapters={}, shape=SHAPES[family or "seq_bn"])
        if family in ("seq_bn", "double_seq_bn", "par_bn"):
            for name, parameter in made.part("target_adapter").items():
                if "adapter_up" in name:
                    parameter.data.zero_()
        batch = made.collate(encodings)
        with torch.inference_mode():
            expected, found = plain(**asked(batch)).last_hidden_state, made._encode(batch, bench.backbone.layers)
        torch.testing.assert_close(found[batch.mask], expected[batch.mask], atol=2e-5, rtol=1e-5, msg=str(family))


def test_an_input_is_read_alike_whatever_it_is_padded_to(bench):
    for family in (name for name in FAMILIES if name not in bench.known.unfit):
        made = bench.assemble(TARGET, adapters={}, shape=SHAPES[family])
        move(made)
        encodings = bench.encodings(6)
        together = predict(made, encodings)
        for encoding, output in zip(encodings, together, strict=True):
            (alone,) = predict(made, [encoding])
            np.testing.assert_allclose(alone, output, atol=2e-5, err_msg=family)


def test_sizes_are_those_of_the_encoder(bench):
    config = read_config(bench.folder)
    assert config.shape.parameters == sum(p.numel() for p in bench.backbone.model.base_model.parameters())
    assert (config.shape.width, config.shape.layers) == (bench.backbone.hidden_size, bench.backbone.layers)
    assert bench.backbone.architecture == bench.name and not any(
        p.requires_grad for p in bench.backbone.model.parameters()
    )


def test_its_own_head_for_masked_words_comes_along(bench):
    plain = transformers.AutoModelForMaskedLM.from_pretrained(bench.folder).eval()
    made = bench.assemble(None, adapters={}, head=masked_head(65), head_name="mlm")
    encodings = bench.encodings(4, target=lambda i, ids: tuple(ids))
    batch = made.collate(encodings, targets=True)
    with torch.inference_mode():
        expected = plain(**asked(batch)).logits[batch.mask]
        torch.testing.assert_close(made(batch), expected, atol=2e-5, rtol=1e-5)


def test_its_head_comes_along_by_the_names_that_its_authors_gave(bench, tmp_path):
    """mDeBERTa's as published: `transformers` finds nothing by these names, and makes a random head."""
    if not bench.known.published_head:
        pytest.skip("published under transformers' own names")
    weights = load_file(bench.folder / "model.safetensors")
    renamed = {bench.known.head[name]: theirs for name, theirs in bench.known.published_head.items()}
    assert renamed["cls.predictions.transform.LayerNorm.bias"] == "lm_predictions.lm_head.LayerNorm.bias"
    folder = shutil.copytree(bench.folder, tmp_path / "published")
    save_file({renamed.get(name, name): tensor for name, tensor in weights.items()}, folder / "model.safetensors")
    found = open_backbone(BackboneSettings(str(folder))).language_head
    assert found.keys() == bench.backbone.language_head.keys() and found
    assert all(torch.equal(tensor, bench.backbone.language_head[name]) for name, tensor in found.items())


def test_positions_that_the_library_leaves_out_by_default(bench, tmp_path):
    """DeBERTa v2's config without relative attention, as `transformers` itself writes it: `pos_att_type` is null."""
    if bench.name != "deberta-v2":
        pytest.skip("a field of DeBERTa v2")
    told = transformers.DebertaV2Config(**SIZES).to_dict()
    assert told["pos_att_type"] is None and not told["relative_attention"]
    (tmp_path / "config.json").write_text(json.dumps(told))
    counted = transformers.DebertaV2Model(transformers.DebertaV2Config(**SIZES)).num_parameters()
    assert read_config(tmp_path).shape.parameters == counted
    (tmp_path / "config.json").write_text(json.dumps({**told, "relative_attention": True}))
    with pytest.raises(Refused, match="relative_attention is set without pos_att_type"):
        read_config(tmp_path)


@pytest.mark.parametrize("shape", ["seq_bn", "double_seq_bn", "par_bn"])
def test_fusion_is_that_of_adapters(bench, shape):
    """Hidden states and gradients in float64 against `adapters`' own modules."""
    block, trains = Stacked((Fused(TASKS), TARGET)), ("fusion", "adapters")
    made = bench.assemble(block, adapters={}, shape=SHAPES[shape], trains=trains, backbone=bench.exact)
    made.double()
    move(made)
    theirs = copy.deepcopy(made)
    for layer in theirs.model.modules():
        for name in ("compose_fuse", "folded_fusions", "watch"):
            layer.__dict__.pop(name, None)
    assert fusion.install(made.model) == [] and not made.notes
    results = []
    for assembly in (made, theirs):
        batch = assembly.collate(bench.encodings(5))
        hidden = assembly._encode(batch, bench.backbone.layers)[batch.mask]
        hidden.sin().mean().backward()
        results.append(
            (hidden.detach(), {name: p.grad for name, p in assembly.named_trainable() if p.grad is not None})
        )
    (ours, slopes), (expected, wanted) = results
    torch.testing.assert_close(ours, expected, atol=1e-10, rtol=1e-10)
    assert slopes.keys() == wanted.keys() and slopes
    for name, slope in wanted.items():
        torch.testing.assert_close(slopes[name], slope, atol=1e-10, rtol=1e-10, msg=name)


MIXED = ("single", "stack", "average", "parallel", "fuse", "merge")
CASES = [(c.name, method) for c in COMPOSITIONS if not c.whole for method in c.methods or ("",)]


def block_of(composition, method):
    least = max(2, composition.least) if composition.most is None or composition.most > 1 else 1
    tasks = ("random-1", "random-2") if composition.name == "random" else TASKS[:least]
    return composition.block(tasks, target_adapter=True, method=method)


def test_every_composition_of_every_family_runs_or_is_refused_by_name(bench):
    encodings = bench.encodings(3)
    for (name, method), family in itertools.product(CASES, FAMILIES):
        composition, shape = COMPOSITIONS.get(name), SHAPES[family]
        if reason(composition, shape, method=method):
            continue
        if family != "seq_bn" and (name not in MIXED or method != (composition.methods or ("",))[0]):
            continue  # the others are arranged of the same parts
        block = block_of(composition, method)
        adapters = bench.zoo if family == "seq_bn" else {}
        if family in bench.known.unfit:
            with pytest.raises(NotApplicable, match=f"{family} adapters cannot be put on {bench.name}"):
                bench.assemble(block, adapters=adapters, shape=shape)
            continue
        made = bench.assemble(block, adapters=adapters, shape=shape)
        assert np.isfinite(np.stack(predict(made, encodings))).all(), (name, method, family)
        assert names_in(block) == () or made.parts()["added"] > 0


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("fuse", "seq_bn"),
        ("parallel", "par_bn"),
        ("average", "lora"),
        ("stack", "ia3"),
        ("merge", "double_seq_bn"),
        ("single", "prefix_tuning"),
    ],
)
def test_it_trains_and_what_is_saved_predicts_the_same_again(bench, tmp_path, name, family):
    if family in bench.known.unfit:
        pytest.skip(f"{family} adapters are refused: {bench.known.unfit[family]}")
    composition = COMPOSITIONS.get(name)
    tasks = TASKS[:1] if composition.most == 1 else TASKS
    zoo = {}
    for number, task in enumerate(tasks):
        made = bench.assemble(
            task, adapters={}, shape=SHAPES[family], trains=("target_adapter", "head"), head_name=task
        )
        move(made, number)
        save_adapter(made, task, tmp_path / task)
        zoo[task] = tmp_path / task
        vetted = vet_adapter(tmp_path / task, read_config(bench.folder))  # what a pulled one goes through
        assert vetted.model_type == bench.name and vetted.trainable == made.parts()["target_adapter"]
    block, trains = composition.block(tasks, target_adapter=True), composition.trains(target_adapter=True)
    made = bench.assemble(block, adapters=zoo, shape=SHAPES[family], trains=trains)
    before = {key: p.clone() for key, p in made.model.named_parameters()}
    train(made, bench.encodings(8), Recipe(steps=2, rate=1e-2, fusion_rate=1e-2, batch=8), seed=1)
    changed = {key for key, p in made.model.named_parameters() if not torch.equal(p, before[key])}
    assert changed and changed <= {key for key, _ in made.named_trainable()}
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(bench.backbone, tmp_path / "bundle", zoo)
    if bench.backbone.languages:
        again.speak("en")
    for one, other in zip(predict(made, bench.encodings(6)), predict(again, bench.encodings(6)), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", HEADS)
def test_every_head_reads_it(bench, name):
    head = HEADS[name]
    encodings = bench.encodings(4, target=TARGETS.get(name, lambda i, ids: i % 3))
    if name in ("choice", "contrast"):
        encodings = [dataclasses.replace(e, row=i // 2) for i, e in enumerate(encodings)]
    made = bench.assemble(TARGET, head=head, trains=("target_adapter", "head"))
    outputs = predict(made, encodings)
    if name in ("half", "whole"):
        depth = round(head.depth * bench.backbone.layers)
        states = stock(bench)(**asked(made.collate(encodings)), output_hidden_states=True).hidden_states
        plain = bench.assemble(None, head=head, trains=())
        expected = (
            states[depth]
            if depth < bench.backbone.layers
            else stock(bench)(**asked(plain.collate(encodings))).last_hidden_state
        )
        for output, state, e in zip(predict(plain, encodings), expected.detach(), encodings, strict=True):
            np.testing.assert_allclose(output, state[: len(e.ids)].mean(0).numpy(), atol=2e-5)
        return
    batch = made.collate(encodings, targets=True)
    made.loss(made(batch), batch).backward()
    assert all(np.isfinite(output).all() for output in outputs)
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in made.part("target_adapter").values())


class Known:
    """States by content, in memory."""

    precision = "float32"

    def __init__(self, states):
        self.states = states

    def get(self, name):
        return self.states.get(name)


@pytest.mark.parametrize("first", [LABEL, HEADS["whole"]])
def test_passes_that_begin_above_the_frozen_prefix_end_the_same(bench, first):
    shape = AdapterSettings("seq_bn", 4, drop=1)
    made = bench.assemble(
        Stacked((Fused(TASKS), TARGET)), shape=shape, head=first, trains=("fusion",) if first.learns else ()
    )
    assert made.lowest == 1
    encodings = bench.encodings(6)
    states = made.lower(encodings).numpy()
    lower = Known({content(e): states[i, : len(e.ids)] for i, e in enumerate(encodings)})
    expected = predict(made, encodings)
    ran = []
    handle = made.model.get_input_embeddings().register_forward_hook(lambda *_: ran.append(1))
    with made.knowing(lower):
        found = predict(made, encodings)
    handle.remove()
    assert ran == []
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_gradients_by_embeddings_are_those_of_a_small_step(bench):
    """The slope along a direction against a difference of two passes, in float64: what white-box attacks go by."""
    made = bench.assemble(Stacked((Fused(TASKS), TARGET)), backbone=bench.exact)
    made.double()
    box = OpenModel.__new__(OpenModel)
    box.assembly, box.head, box.words = made, made.head, made.model.get_input_embeddings()
    encodings = bench.encodings(3)
    batch = made.collate(encodings)

    def margin(shift):
        return torch.stack([o[0] - o[1] for o in box.outputs(batch, encodings, shift)]).sum()

    shift = box.shift(batch)
    (slope,) = torch.autograd.grad(margin(shift), shift)
    way = (
        torch.randn(shift.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        * batch.mask[..., None]
    )
    step = 1e-5
    difference = (margin(step * way) - margin(-step * way)).item() / (2 * step)
    assert difference == pytest.approx((slope * way).sum().item(), rel=1e-5, abs=1e-8) and abs(difference) > 1e-4


def test_frozen_matrices_in_bfloat16_come_near(bench):
    half = open_backbone(BackboneSettings(str(bench.folder)), "bfloat16")
    for family in ("seq_bn", "lora", *(() if "prefix_tuning" in bench.known.unfit else ("prefix_tuning",))):
        block = Stacked((Fused(TASKS), TARGET)) if family == "seq_bn" else TARGET
        adapters = bench.zoo if family == "seq_bn" else {}
        options = {"adapters": adapters, "shape": SHAPES[family], "trains": ("target_adapter",)}
        exact, near = (bench.assemble(block, **options, backbone=each) for each in (bench.backbone, half))
        move(exact), move(near)
        assert near.precision == "bfloat16"
        first, second = (np.stack(predict(a, bench.encodings(6))) for a in (exact, near))
        assert 0 < np.abs(first - second).max() < 0.1 * np.abs(first).max(), family
        near.train()
        batch = near.collate(bench.encodings(4), targets=True)
        near.loss(near(batch), batch).backward()
        assert all(p.grad is None or torch.isfinite(p.grad).all() for _, p in near.named_trainable())


def test_whole_encoders_train_and_are_read_by_transformers(bench, tmp_path):
    made = bench.assemble(None, adapters={}, trains=("backbone", "head"))
    train(made, bench.encodings(8), Recipe(steps=1, rate=1e-3, batch=8), seed=1)
    save_encoder(made, tmp_path / "encoder")
    plain = transformers.AutoModel.from_pretrained(tmp_path / "encoder").eval()
    batch = made.collate(bench.encodings(5))
    with torch.inference_mode():
        expected, found = plain(**asked(batch)).last_hidden_state, made._encode(batch, bench.backbone.layers)
    torch.testing.assert_close(found[batch.mask], expected[batch.mask], atol=2e-5, rtol=1e-5)
    again = bench.assemble(None, adapters={}, weights=tmp_path / "encoder" / "model.safetensors")
    with torch.inference_mode():
        torch.testing.assert_close(again._encode(batch, bench.backbone.layers), found, atol=1e-6, rtol=1e-6)


def test_language_adapters_lie_below_invertible_parts_included(bench, tmp_path):
    """MAD-X as `adapters` saves it; what it computes is held against its own Stack of the same adapters, without ours."""
    folders = {}
    for number, code in enumerate(LANGUAGES):
        model = copy.deepcopy(bench.backbone.model)
        model.add_adapter(code, config=adapters.SeqBnInvConfig(reduction_factor=2))
        generator = torch.Generator().manual_seed(number)
        for name, parameter in model.named_parameters():
            if f".{code}." in name:
                parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
        folders[code] = tmp_path / code
        model.save_adapter(str(folders[code]), code, with_head=False, use_safetensors=True)
        vetted = vet_adapter(folders[code], read_config(bench.folder))
        assert vetted.trainable == sum(p.numel() for name, p in model.named_parameters() if f".{code}." in name)
    made = bench.assemble("mnli", languages=folders)
    plain = copy.deepcopy(bench.backbone.model)
    for folder in (*folders.values(), bench.zoo["mnli"]):
        plain.load_adapter(str(folder), with_head=False, use_safetensors=True)
    plain.eval()
    encodings, read = [dataclasses.replace(e, language="") for e in bench.encodings(5)], {}
    for code in LANGUAGES:
        made.speak(code)
        plain.set_active_adapters(Stack(code, "mnli"))
        batch = made.collate(encodings)
        with torch.inference_mode():
            expected = plain.base_model(**asked(batch)).last_hidden_state
            read[code] = made._encode(batch, bench.backbone.layers)
        torch.testing.assert_close(read[code][batch.mask], expected[batch.mask], atol=2e-5, rtol=1e-5)
    assert (read["en"] - read["sw"]).abs().max() > 1e-2 and any("invertible" in name for name in made.part("language"))


def test_adapters_of_others_are_refused_where_they_mean_another_function(bench, tmp_path):
    """On X-MOD and ModernBERT, whose encoders `adapters` changes; on the others they are taken."""
    folder = shutil.copytree(bench.zoo["mnli"], tmp_path / "theirs")
    told = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**told, "model_class": "XmodAdapterModel"}))
    if not bench.known.apart:
        assert vet_adapter(folder, read_config(bench.folder)).name == "mnli"
        return
    with pytest.raises(Refused, match=f"trained on {bench.name} as `adapters` runs it"):
        vet_adapter(folder, read_config(bench.folder))


def test_configs_that_could_do_harm_are_refused(bench, tmp_path):
    folder = shutil.copytree(bench.folder, tmp_path / "model")
    told = json.loads((folder / "config.json").read_text())
    sizes = {name for name, check in bench.known.fields.items() if check is count}
    code, value = "can make a loader run code", "has the value"
    for odd, why in (
        ({"auto_map": {"AutoModel": "evil.Model"}}, code),
        ({"_attn_implementation_internal": "someone/kernel"}, code),
        *(({name: "32"}, value) for name in sorted(sizes)),
        ({bench.known.layer_count: 10**9}, value),
        ({"pad_token_id": told["vocab_size"]}, "pad_token_id is 65, and the vocabulary ends at 64"),
        *(({name: odd}, SAID.get(name, value)) for name, odd in ODD.get(bench.name, {}).items()),
    ):
        (folder / "config.json").write_text(json.dumps({**told, **odd}))
        with pytest.raises(Refused, match=why):
            read_config(folder)
    (folder / "config.json").write_text(json.dumps({**told, "pad_token_id": None}))
    if bench.known.positions_after_pad:
        with pytest.raises(Refused, match="pad_token_id is null"):
            read_config(folder)
        (folder / "config.json").write_text(json.dumps({**told, "pad_token_id": 40, "max_position_embeddings": 41}))
        with pytest.raises(Refused, match="none are left"):
            read_config(folder)
    else:
        read_config(folder)
    for name in bench.known.needed:
        (folder / "config.json").write_text(json.dumps({key: value for key, value in told.items() if key != name}))
        with pytest.raises(Refused, match="is missing"):
            read_config(folder)


ODD = {
    "deberta-v2": {
        "conv_kernel_size": 3,
        "pos_att_type": ["evil"],
        "norm_rel_ebd": "evil",
        "z_steps": 2,
        "relative_attention": False,
    },
    "xmod": {"languages": ["en_XX", "../evil"], "adapter_reduction_factor": 1000},
    "modernbert": {"global_rope_theta": -1, "hidden_activation": "evil", "local_attention": "all"},
    "distilbert": {"n_heads": 7, "sinusoidal_pos_embds": "yes"},
    "electra": {"embedding_size": 0},
}
"""Values that an architecture's own fields may not have."""
SAID = {
    "relative_attention": "pos_att_type is set without", "adapter_reduction_factor": "does not fit hidden_size",
    "n_heads": "not a multiple of n_heads",
}  # fmt: skip
"""What is said of those that contradict other fields."""


def test_the_id_for_padding_where_a_config_names_none(bench, tmp_path):
    """The library's own default, by its own class: ModernBERT's lies above a small vocabulary."""
    assert bench.known.pad == getattr(transformers, bench.known.config)().pad_token_id
    told = json.loads((bench.folder / "config.json").read_text())
    del told["pad_token_id"]
    (tmp_path / "config.json").write_text(json.dumps(told))
    if bench.known.pad < told["vocab_size"]:
        read_config(tmp_path)
    else:
        with pytest.raises(Refused, match="pad_token_id is missing, which means 50283"):
            read_config(tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["8bit", "4bit"])
def test_a_quantized_encoder_computes_nearly_what_it_did(bench, mode):
    """Bottlenecks and LoRA on it train; assemblies share its matrices."""
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is an extra, and not installed")
    if mode == "4bit" and not torch.cuda.is_available():
        pytest.skip("bitsandbytes packs 4-bit weights anew for prediction on a CPU, and cannot train from there")
    held = open_backbone(BackboneSettings(str(bench.folder)))
    quantize(held.model, mode, own_device())
    for family in ("seq_bn", "lora"):
        options = {"adapters": {}, "shape": SHAPES[family], "trains": ("target_adapter", "head")}
        exact, near = (bench.assemble(TARGET, **options, backbone=each) for each in (bench.backbone, held))
        move(exact)
        for name, parameter in exact.named_trainable():  # which a quantized encoder has in another order
            dict(near.named_trainable())[name].data.copy_(parameter)
        first, second = (np.stack(predict(a, bench.encodings(6))) for a in (exact, near))
        assert 0 < np.abs(first - second).max() < 0.5 * np.abs(first).max(), family
        train(near, bench.encodings(8), Recipe(steps=2, rate=1e-3, batch=8), seed=0)
        assert not np.array_equal(np.stack(predict(near, bench.encodings(6))), second), family


def test_checkpointing_changes_no_gradient(bench):
    """Activations are computed twice; adapters, the language's parts and local attention see the same."""
    found = []
    for checkpointing in (False, True):
        made = bench.assemble(Stacked((Fused(TASKS), TARGET)))
        engine = Engine(made, DeviceSettings(checkpointing=checkpointing))
        batch = made.collate(bench.encodings(6), targets=True)
        made.train()
        torch.manual_seed(5)
        with engine:
            made.loss(made(batch), batch).backward()
        found.append({name: p.grad for name, p in made.named_trainable() if p.grad is not None})
    plain, again = found
    assert plain.keys() == again.keys() and any(slope.abs().max() > 0 for slope in plain.values())
    for name, slope in plain.items():
        torch.testing.assert_close(again[name], slope, atol=1e-6, rtol=1e-4, msg=name)
