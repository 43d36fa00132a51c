"""MAD-X: language adapters below any composition, against `adapters`' own Stack, invertible adapters included."""

import json
import shutil

import adapters
import numpy as np
import pytest
import torch
from adapters import AdapterConfig
from adapters.composition import Fuse, Stack
from safetensors.torch import load_file, save_file

from adaptstilts.compositions.blocks import TARGET, Averaged, Fused, Gated, Merged, Stacked
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle
from adaptstilts.settings import AdapterSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

TASKS = ("mnli", "squad", "swag")


def make_languages(lab, root):
    """Language adapters as `adapters` saves them; the last layer of Swahili's is left out, as in MAD-X 2.0."""
    folders = {}
    for number, code in enumerate(("en", "sw")):
        model = adapters.XLMRobertaAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
        left = [1] if code == "sw" else []
        config = AdapterConfig.load("seq_bn_inv", reduction_factor=2, leave_out=left)
        model.add_adapter(code, config=config)
        generator = torch.Generator().manual_seed(number)
        for name, parameter in model.named_parameters():
            if "adapters." in name:
                parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
        folders[code] = root / f"language-{code}"
        model.save_adapter(str(folders[code]), code, with_head=False, use_safetensors=True)
    return folders


def plain_model(lab, languages, *folders):
    model = adapters.XLMRobertaAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
    for folder in (*languages.values(), *folders):
        model.load_adapter(str(folder), with_head=False, use_safetensors=True)
    return model.eval()


@pytest.fixture(scope="module")
def languages(lab, tmp_path_factory):
    return make_languages(lab, tmp_path_factory.mktemp("languages"))


@pytest.mark.parametrize(
    ("block", "inner"),
    [(None, ()), ("mnli", ("mnli",)), (Stacked(("mnli", "squad")), ("mnli", "squad")), (Fused(TASKS), (Fuse(*TASKS),))],
)
def test_each_language_is_stacked_below_as_in_adapters(lab, languages, tmp_path, block, inner):
    made = lab.assemble("xlm-roberta", block, languages=languages)
    plain = plain_model(lab, languages, *lab.zoo["xlm-roberta"].values())
    if made.part("fusion"):
        save_bundle(made, tmp_path / "bundle", {})
        plain.load_adapter_fusion(str(tmp_path / "bundle" / "fusion-0"), use_safetensors=True)
    batch, read = made.collate(lab.encodings(5)), {}
    for code in ("en", "sw", "en"):
        made.speak(code)
        plain.set_active_adapters(Stack(code, *inner))
        with torch.inference_mode():
            expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
            read[code] = made._encode(batch, 2)
        torch.testing.assert_close(read[code], expected, atol=5e-6 if made.part("fusion") else 0.0, rtol=0.0)
    assert (read["en"] - read["sw"]).abs().max() > 1e-2


BLOCKS = {
    "fuse": Stacked((Fused(TASKS), TARGET)),
    "average": Stacked((Averaged(TASKS), TARGET)),
    "gate": Stacked((Gated(TASKS), TARGET)),
    "merge": Stacked((Merged(TASKS, "learned"), TARGET)),
    "none": TARGET,
}


@pytest.mark.parametrize("name", BLOCKS)
def test_it_trains_on_one_language_and_predicts_in_another_after_reloading(lab, languages, tmp_path, name):
    trains = {"fuse": ("fusion",), "gate": ("gate",), "merge": ("merge",)}.get(name, ())
    made = lab.assemble(
        "xlm-roberta", BLOCKS[name], languages={"en": languages["en"]}, trains=(*trains, "target_adapter", "head")
    )
    encodings = lab.encodings(8)
    with pytest.raises(InputError, match="no language is spoken yet"):
        predict(made, encodings)
    made.speak("en")
    before = {key: p.clone() for key, p in made.part("language").items()}
    assert any("invertible" in key for key in before)
    train(made, encodings, Recipe(steps=2, rate=1e-2, fusion_rate=1e-2, batch=8), seed=1)
    assert all(torch.equal(p, before[key]) for key, p in made.part("language").items())
    counts = made.parts()
    assert counts["language"] == sum(p.numel() for p in before.values()) > 0
    assert counts["trainable"] == sum(counts[part] for part in (*trains, "target_adapter", "head"))
    save_bundle(made, tmp_path / "bundle", {})
    assert json.loads((tmp_path / "bundle" / "bundle.json").read_text())["languages"] == made.languages
    zoo = lab.zoo["xlm-roberta"]
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", zoo, languages)
    again.speak("en")
    for first, second in zip(predict(made, encodings), predict(again, encodings), strict=True):
        assert np.array_equal(first, second)
    again.speak("sw")
    assert not np.array_equal(predict(again, encodings)[0], predict(made, encodings)[0])


def test_families_without_bottlenecks_lie_above_languages_too(lab, languages, tmp_path):
    """Against `adapters`' Stack for one adapter of each family above the language's."""
    for family in ("lora", "ia3", "prefix_tuning"):
        shape = AdapterSettings(family, rank=2, prefix_length=3)
        made = lab.assemble("xlm-roberta", TARGET, adapters={}, languages=languages, shape=shape)
        for parameter in made.part("target_adapter").values():
            parameter.data += 0.1
        save_adapter(made, TARGET, tmp_path / family)
        plain = plain_model(lab, languages, tmp_path / family)
        plain.set_active_adapters(Stack("sw", TARGET))
        made.speak("sw")
        batch = made.collate(lab.encodings(4))
        with torch.inference_mode():
            expected = plain.roberta(batch.ids, attention_mask=batch.mask.long()).last_hidden_state
            assert torch.equal(made._encode(batch, 2), expected)


def test_parallel_adapters_add_to_what_the_language_adapter_gives(lab, languages):
    """An untrained parallel adapter adds nothing, so the language's adapter alone is what is left."""
    made = lab.assemble("xlm-roberta", TARGET, adapters={}, languages=languages, shape=AdapterSettings("par_bn", 4))
    alone = lab.assemble("xlm-roberta", None, languages=languages)
    made.speak("en"), alone.speak("en")
    batch = made.collate(lab.encodings(4))
    with torch.inference_mode():
        torch.testing.assert_close(made._encode(batch, 2), alone._encode(batch, 2), atol=2e-6, rtol=1e-5)


def test_what_is_missing_or_changed_is_named(lab, languages, tmp_path):
    made = lab.assemble("xlm-roberta", "mnli", languages=languages)
    with pytest.raises(NotApplicable, match="no language adapter for 'qu'") as caught:
        made.speak("qu")
    assert "en, sw" in caught.value.do
    save_bundle(made, tmp_path / "bundle", {})
    backbone, zoo = lab.backbones["xlm-roberta"], lab.zoo["xlm-roberta"]
    with pytest.raises(InputError, match="needs the language adapter 'sw'"):
        load_bundle(backbone, tmp_path / "bundle", zoo, {"en": languages["en"]})
    other = shutil.copytree(languages["sw"], tmp_path / "sw")
    tensors = load_file(other / "adapter.safetensors")
    save_file({name: tensor * 2 for name, tensor in tensors.items()}, other / "adapter.safetensors")
    with pytest.raises(InputError, match="'sw' is not the one"):
        load_bundle(backbone, tmp_path / "bundle", zoo, {**languages, "sw": other})
    lora = lab.assemble("xlm-roberta", "qu", adapters={}, shape=AdapterSettings("lora"))
    save_adapter(lora, "qu", tmp_path / "qu")
    with pytest.raises(NotApplicable, match="the language adapter for 'qu' is a lora adapter"):
        lab.assemble("xlm-roberta", "mnli", languages={"qu": tmp_path / "qu"})
