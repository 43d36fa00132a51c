"""The door: what comes in is what `transformers` would have loaded, and what could do harm does not come in."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, XLMRobertaTokenizerFast

from adaptstilts.errors import CorruptArtefact, DataMissing, EnvironmentProblem, InputError, Refused
from adaptstilts.models.door.config import read_config
from adaptstilts.models.door.identity import identity
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.door.tokenizer import read_tokenizer
from adaptstilts.settings import BackboneSettings


@pytest.fixture
def folder(lab, tmp_path):
    return shutil.copytree(lab.folders["xlm-roberta"], tmp_path / "model")


def edit(path, **fields):
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**found, **fields}))


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
def test_hidden_states_equal_those_of_transformers(lab, model_type):
    backbone = lab.backbones[model_type]
    plain = AutoModel.from_pretrained(lab.folders[model_type], add_pooling_layer=False).eval()
    ids = torch.randint(5, 65, (4, 9), generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1] * n + [0] * (9 - n) for n in (9, 7, 4, 2)])
    with torch.inference_mode():
        expected = plain(ids, attention_mask=mask).last_hidden_state
        found = backbone.model.base_model(ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    assert (backbone.layers, backbone.hidden_size, backbone.architecture) == (2, 32, model_type)
    assert backbone.max_length == (64 if model_type == "xlm-roberta" else 66)
    assert not any(p.requires_grad for p in backbone.model.parameters())


def test_half_precision_files_become_float32(folder):
    weights = load_file(folder / "model.safetensors")
    save_file({k: v.half() for k, v in weights.items()}, folder / "model.safetensors")
    backbone = open_backbone(BackboneSettings(str(folder)))
    assert {p.dtype for p in backbone.model.parameters()} == {torch.float32}
    key = "roberta.embeddings.word_embeddings.weight"
    assert torch.equal(dict(backbone.model.named_parameters())[key].cpu(), weights[key].half().float())


def test_sharded_weights_load_and_an_index_cannot_point_elsewhere(folder, lab):
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    (folder / "model.safetensors").unlink()
    table = {}
    for number, part in enumerate((names[::2], names[1::2])):
        save_file({n: weights[n] for n in part}, folder / f"model-{number}.safetensors")
        table |= dict.fromkeys(part, f"model-{number}.safetensors")
    edit(folder / "model.safetensors.index.json", weight_map=table)
    found = open_backbone(BackboneSettings(str(folder))).model.state_dict()
    assert all(torch.equal(v, found[k]) for k, v in lab.backbones["xlm-roberta"].model.state_dict().items())
    edit(folder / "model.safetensors.index.json", weight_map=dict.fromkeys(names, "../model.safetensors"))
    with pytest.raises(Refused, match="not a safetensors file of this folder"):
        open_backbone(BackboneSettings(str(folder)))


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil.Model"}}),
        ("config.json", {"_attn_implementation_internal": "someone/kernel"}),
        ("config.json", {"_attn_implementation": "someone/kernel"}),
        ("config.json", {"trust_remote_code": True}),
        ("config.json", {"text_config": {"auto_map": {"AutoModel": "evil.Model"}}}),
        ("config.json", {"model_type": "evil"}),
        ("config.json", {"model_type": ["bert"]}),
        ("config.json", {"hidden_act": "evil"}),
        ("config.json", {"hidden_size": 33}),
        ("config.json", {"hidden_size": "32"}),
        ("config.json", {"num_hidden_layers": 10**9}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config.json", {"is_decoder": True}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.Tok", None]}}),
        ("tokenizer_config.json", {"cls_token": "<nowhere>"}),
    ],
)
def test_configs_that_could_do_harm_are_refused(folder, file, fields):
    edit(folder / file, **fields)
    with pytest.raises(Refused) as caught:
        open_backbone(BackboneSettings(str(folder)))
    assert caught.value.exit_code == 2
    assert "json" in caught.value.where


def test_fields_nobody_knows_do_not_reach_the_model(folder):
    edit(folder / "config.json", surprise="boo", output_hidden_states=True)
    config = open_backbone(BackboneSettings(str(folder))).model.config
    assert not hasattr(config, "surprise")
    assert config.output_hidden_states is False


def test_a_cut_file_is_named(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CorruptArtefact, match=r"model\.safetensors") as caught:
        open_backbone(BackboneSettings(str(folder)))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("change", ["missing", "shape", "nan"])
def test_weights_that_do_not_fit_are_corrupt(folder, change):
    weights = load_file(folder / "model.safetensors")
    key = "roberta.encoder.layer.1.output.dense.weight"
    if change == "missing":
        del weights[key]
    elif change == "shape":
        weights[key] = weights[key][:, :-1].contiguous()
    else:
        weights[key][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CorruptArtefact, match=r"encoder\.layer\.1\.output\.dense\.weight"):
        open_backbone(BackboneSettings(str(folder)))


def test_missing_weights_say_what_to_do(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(DataMissing, match=r"backbone\.init=random") as caught:
        open_backbone(BackboneSettings(str(folder)))
    assert caught.value.exit_code == 2
    assert "pickled" in str(caught.value)


def test_untrained_weights_are_made_on_request_only_and_follow_the_seed(folder, caplog):
    (folder / "model.safetensors").unlink()
    settings = BackboneSettings(str(folder), init="random", layers=1, seed=4)
    first = open_backbone(settings)
    assert "UNTRAINED" in caplog.messages[0]
    second = open_backbone(settings)
    other = open_backbone(BackboneSettings(str(folder), init="random", layers=1, seed=5))
    assert first.layers == 1
    key = "roberta.encoder.layer.0.output.dense.weight"
    states = [dict(b.model.named_parameters())[key] for b in (first, second, other)]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
    assert first.identity == second.identity != other.identity


def test_identity_is_by_content(folder, lab):
    here, there = (identity(BackboneSettings(str(path))) for path in (folder, lab.folders["xlm-roberta"]))
    assert here == there == json.loads(json.dumps(here))
    (folder / "README.md").write_text("a card decides nothing")
    assert identity(BackboneSettings(str(folder))) == there
    edit(folder / "config.json", hidden_dropout_prob=0.2)
    assert identity(BackboneSettings(str(folder))) != there
    hub = identity(BackboneSettings("some/model", revision="abc"))
    assert hub == {"hub": "some/model", "revision": "abc", "encoding": 2}
    with pytest.raises(InputError, match="untrained"):
        identity(BackboneSettings(str(folder), layers=1))
    with pytest.raises(InputError, match="impossible"):
        identity(BackboneSettings(str(folder), init="random", layers=0))
    with pytest.raises(InputError, match="no such folder"):
        identity(BackboneSettings("./not/here"))


def test_the_real_tokenizer_reads_as_transformers_reads_it(hub):
    folder = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    if not (folder / "tokenizer.json").is_file():
        pytest.skip(f"no XLM-R tokenizer at {folder}")
    ours, theirs = read_tokenizer(folder, read_config(folder)), XLMRobertaTokenizerFast.from_pretrained(folder)
    texts = ["Der Hund schläft.", "狗在睡觉。", "  two  spaces ", "الكلب نائم", "naïve <mask> test"]
    assert ours(texts)["input_ids"] == theirs(texts)["input_ids"]
    assert ours(["a"], ["b"])["input_ids"] == theirs(["a"], ["b"])["input_ids"]
    for name in ("cls", "sep", "pad", "unk", "mask"):
        assert getattr(ours, f"{name}_token_id") == getattr(theirs, f"{name}_token_id")


def test_a_hub_that_cannot_be_reached_is_the_environments_problem():
    with pytest.raises(EnvironmentProblem, match="some/model@abc") as caught:
        open_backbone(BackboneSettings("some/model", revision="abc"))
    assert caught.value.exit_code == 3
