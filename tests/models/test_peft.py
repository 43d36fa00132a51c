"""A LoRA of PEFT becomes one of `adapters`: an encoder says with it what it says with PEFT's own (outputs by peft 0.21)."""

import json
from pathlib import Path

import pytest
import torch
from adapters import LoRAConfig
from safetensors.torch import load_file, save_file

from adaptstilts.errors import CorruptArtefact, DataMissing, Refused
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.architectures.build import flex_model
from adaptstilts.models.door.adapter_check import expected, vet_adapter
from adaptstilts.models.door.folder import open_config
from adaptstilts.models.door.peft import convert_peft, is_peft
from adaptstilts.zoo.arrival import Terms, arrive, gather
from adaptstilts.zoo.zoo import zoos
from tests.models.architectures import config_of
from tests.models.peft_lora import CONFIGS, IDS, encoder_of, fill

GOLDEN = json.loads((Path(__file__).parent / "peft_lora.json").read_text())


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    """The configs of tiny encoders, through the door."""
    folder = tmp_path_factory.mktemp("tiny")
    for name, config in CONFIGS.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(config.to_dict()))
    return {name: open_config(str(folder / name), "main") for name in CONFIGS}


@pytest.fixture
def backbone(encoders):
    return encoders["xlm-roberta"]


def saved(folder, case=GOLDEN[0], tensors=(), **told):
    """The folder that PEFT saved, with changes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({**case["config"], **told}))
    made = {key: torch.tensor(value) for key, value in case["tensors"].items()} | dict(tensors)
    save_file({key: value for key, value in made.items() if value is not None}, folder / "adapter_model.safetensors")
    return folder


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_the_encoder_says_the_same(case, encoders, tmp_path):
    backbone = encoders[encoder_of(case["name"])]
    folder = saved(tmp_path / "lora", case)
    assert is_peft(case["config"])
    convert_peft(folder, "lora", backbone)
    (folder / "adapter_model.safetensors").unlink()
    fused = [torch.tensor(t) for key, t in case["tensors"].items() if key.endswith(".Wqkv.lora_A.weight")]
    counted = sum(torch.tensor(t).numel() for t in case["tensors"].values()) + 2 * sum(t.numel() for t in fused)
    assert vet_adapter(folder, backbone).trainable == counted, "queries, keys and values have an A each"
    model = flex_model(backbone).eval()
    fill(model.base_model)
    with torch.no_grad():
        bare = model.base_model(IDS, attention_mask=(IDS != 1).long()).last_hidden_state
        model.set_active_adapters(model.load_adapter(str(folder), use_safetensors=True))
        said = model.base_model(IDS, attention_mask=(IDS != 1).long()).last_hidden_state
    wanted = torch.tensor(case["said"])
    assert (bare - wanted).abs().max() > 0.02
    torch.testing.assert_close(said, wanted, rtol=0, atol=2e-5)


KEY = next(iter(GOLDEN[0]["tensors"]))
REFUSED = [
    ({"peft_type": "IA3"}, {}, "peft_type='IA3'"),
    ({"use_dora": True}, {}, "use_dora=True"),
    ({"bias": "all"}, {}, "bias='all'"),
    ({"rank_pattern": {"query": 4}}, {}, "rank_pattern"),
    ({"init_lora_weights": "pissa"}, {}, "init_lora_weights='pissa'"),
    ({"r": "two"}, {}, "r='two'"),
    ({"something_new": 1}, {}, "something_new=1"),
    ({}, {KEY: None}, "only some layers"),
    ({}, {KEY: torch.ones(3, 16)}, "has the shape"),
    (
        {},
        {"base_model.model.encoder.layer.0.attention.output.dense.lora_A.weight": torch.ones(2, 16)},
        r"attention\.output\.dense",
    ),
    ({}, {"base_model.model.pooler.lora_A.weight": torch.ones(2, 16)}, "no update of an encoder's matrix"),
]


@pytest.mark.parametrize(("told", "tensors", "said"), REFUSED)
def test_what_adapters_has_no_place_for_is_refused(told, tensors, said, backbone, tmp_path):
    folder = saved(tmp_path / "lora", tensors=tensors, **told)
    with pytest.raises(Refused, match=said):
        convert_peft(folder, "lora", backbone)
        vet_adapter(folder, backbone)


@pytest.mark.parametrize(
    ("case", "site", "said"),
    [
        (
            "modernbert, one matrix of attention",
            "layers.0.attn.Wo",
            "updates 'attn.Wo', for which `adapters` has no LoRA on",
        ),
        (
            "distilbert, queries and values",
            "transformer.layer.0.attention.out_lin",
            "updates 'attention.out_lin', for which",
        ),
        ("distilbert, queries and values", "pre_classifier", "no update of an encoder's matrix"),
    ],
)
def test_matrices_that_adapters_wraps_on_no_encoder_of_the_kind(case, site, said, encoders, tmp_path):
    known = next(each for each in GOLDEN if each["name"] == case)
    more = {f"base_model.model.{site}.lora_A.weight": torch.ones(2, 16)}
    with pytest.raises(Refused, match=said) as caught:
        convert_peft(saved(tmp_path / "lora", known, more), "lora", encoders[encoder_of(case)])
    assert ("attn.Wqkv, mlp.Wi, mlp.Wo" if "modernbert" in case else "attention.q_lin") in caught.value.do


@pytest.mark.parametrize("name", ARCHITECTURES.names())
def test_an_architecture_names_the_matrices_that_adapters_has_lora_for(name, tmp_path):
    """All of them: its config with LoRA everywhere makes these tensors and no others."""
    (tmp_path / "config.json").write_text(json.dumps(config_of(name).to_dict()))
    backbone = open_config(str(tmp_path), "main")
    everywhere = {"intermediate_lora": True, "output_lora": True, "attn_matrices": ["q", "k", "v"], "r": 2}
    made = expected({"config": LoRAConfig(**everywhere).to_dict()}, backbone, tmp_path)
    known = backbone.architecture
    found = {key.partition(f"{known.layers}.1.")[2].partition(".loras.")[0] for key in made} - {""}
    assert found == set(known.lora)


def test_numbers_that_are_none_are_refused(backbone, tmp_path):
    bad = torch.tensor(GOLDEN[0]["tensors"][KEY])
    bad[0, 0] = float("nan")
    with pytest.raises(CorruptArtefact, match="not finite"):
        convert_peft(saved(tmp_path / "lora", tensors={KEY: bad}), "lora", backbone)


def test_a_folder_of_pefts_comes_into_the_zoo(tmp_path):
    """On the pocket encoder, which it says nothing of: the config's is meant."""
    from adaptstilts.settings import BackboneSettings

    head = {"base_model.model.classifier.dense.weight": torch.ones(2, 2)}
    pocket = open_config("pocket", "main")
    width, layers = pocket.fields["hidden_size"], pocket.fields["num_hidden_layers"]
    tensors = {
        f"base_model.model.roberta.encoder.layer.{layer}.attention.self.{site}.lora_{side}.weight": torch.full(shape, 0.01)
        for layer in range(layers) for site in ("query", "value") for side, shape in (("A", (2, width)), ("B", (width, 2)))
    }  # fmt: skip
    none = {**GOLDEN[0], "tensors": {}}
    folder = saved(tmp_path / "their-lora", none, {**tensors, **head}, base_model_name_or_path=None)
    entry = arrive(str(folder), zoos(tmp_path / "runs"), Terms(otherwise=BackboneSettings("pocket")))
    assert (entry.name, entry.config["architecture"], entry.config["alpha"]) == ("their-lora", "lora", 6)
    kept = zoos(tmp_path / "runs").files(entry.digest)
    assert sorted(path.name for path in kept.iterdir()) == ["adapter.safetensors", "adapter_config.json"]
    assert len(load_file(kept / "adapter.safetensors")) == len(tensors)
    again = arrive(str(folder), zoos(tmp_path / "runs"), Terms(otherwise=BackboneSettings("pocket")))
    assert again.digest == entry.digest


def test_weights_that_are_pickled_are_told_how_to_save(tmp_path):
    folder = saved(tmp_path / "lora")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(DataMissing, match="safe_serialization=True"):
        arrive(str(folder), zoos(tmp_path / "runs"), Terms())


def test_a_repository_of_pefts_is_gathered_as_a_folder_is(tmp_path):
    folder = saved(tmp_path / "lora")

    class Repository:
        paths = ("README.md", "adapter_config.json", "adapter_model.safetensors", "training_args.bin")

        def fetch(self, name, most):
            assert (folder / name).stat().st_size <= most
            return folder / name

    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    (tmp_path / "stage").mkdir()
    gather(Repository(), tmp_path / "stage", Terms())
    found = sorted(path.name for path in (tmp_path / "stage").iterdir())
    assert found == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
