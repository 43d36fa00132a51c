"""Full fine-tuning: private weights, trained as `transformers` trains them, saved, reloaded, gone on with."""

import pytest
import torch
from transformers import AutoModel, XLMRobertaForSequenceClassification

from adaptstilts.compositions.composition import TARGET
from adaptstilts.errors import CorruptArtefact
from adaptstilts.kinds.kind import Head
from adaptstilts.models.bundle import ENCODER, load_bundle, save_bundle, save_encoder
from adaptstilts.settings import Recipe
from adaptstilts.training.batches import pools
from adaptstilts.training.loop import train
from adaptstilts.training.optimizer import schedule
from adaptstilts.training.prediction import predict

WHOLE = ("backbone", "head")
RECIPE = Recipe(steps=4, rate=1e-3, batch=8, weight_decay=0.1, warmup=0.0)


def whole(lab, **more):
    return lab.assemble("xlm-roberta", None, **{"adapters": {}, "trains": WHOLE, **more})


def still(model):
    """Without dropout."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0


def test_full_fine_tuning_is_that_of_transformers(lab):
    """The same steps on `XLMRobertaForSequenceClassification`, whose head is the same function by other names."""
    ours = whole(lab)
    plain = XLMRobertaForSequenceClassification.from_pretrained(
        lab.folders["xlm-roberta"], num_labels=3, ignore_mismatched_sizes=True
    ).train()
    head = ours.part("head")
    with torch.no_grad():
        for mine, theirs in (("1", "dense"), ("4", "out_proj")):
            for side in ("weight", "bias"):
                getattr(getattr(plain.classifier, theirs), side).copy_(head[f"heads.paws.{mine}.{side}"])
    still(ours), still(plain)
    encodings = lab.encodings(32)
    train(ours, encodings, RECIPE, seed=2)
    decayed = [p for p in plain.parameters() if p.ndim > 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": [p for p in plain.parameters() if p.ndim == 1]}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, weight_decay=0.0)
    for step, indices in enumerate(pools([len(e.ids) for e in encodings], 8, 2, 0)):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * schedule(step, 4, 0.0)
        batch = ours.collate([encodings[i] for i in indices], targets=True)
        plain(batch.ids, batch.mask.long(), labels=batch.targets).loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    theirs = dict(plain.named_parameters())
    for name, parameter in ours.part("backbone").items():
        if not name.endswith("key.bias"):  # its gradient is rounding error, which AdamW blows up
            torch.testing.assert_close(parameter, theirs[name], atol=2e-5, rtol=1e-3, msg=name)


def test_the_shared_encoder_is_never_touched(lab):
    backbone = lab.backbones["xlm-roberta"]
    before = {name: p.clone() for name, p in backbone.model.named_parameters()}
    made = whole(lab)
    shared = {p.data_ptr() for p in backbone.model.parameters()}
    assert not shared & {p.data_ptr() for p in made.parameters()}
    assert made.weights == "" and lab.assemble("xlm-roberta", TARGET).weights is None
    assert made.parts()["trainable"] == made.parts()["total"] == made.parts()["backbone"] + made.parts()["head"]
    train(made, lab.encodings(16), RECIPE, seed=0)
    for name, parameter in backbone.model.named_parameters():
        assert torch.equal(parameter, before[name]) and not parameter.requires_grad
    moved = [name for name, p in made.part("backbone").items() if not torch.equal(p, before[name])]
    assert len(moved) == len(before)


def test_a_whole_model_reloads_to_the_same_bits_and_plain_transformers_reads_it(lab, tmp_path):
    made, encodings = whole(lab), lab.encodings(12)
    train(made, encodings, RECIPE, seed=0)
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", {})
    assert again.parts()["trainable"] == 0 and again.weights
    for one, other in zip(predict(made, encodings), predict(again, encodings), strict=True):
        assert (one == other).all()
    plain = AutoModel.from_pretrained((tmp_path / "bundle" / ENCODER).parent, add_pooling_layer=False).eval()
    pooled = lab.assemble(
        "xlm-roberta", None, trains=(), weights=tmp_path / "bundle" / ENCODER, head=Head("pooled", 32, "none", 1.0)
    )
    batch = pooled.collate(encodings[:1])
    with torch.inference_mode():
        expected = plain(batch.ids, batch.mask.long()).last_hidden_state.mean(1)
        torch.testing.assert_close(pooled(batch), expected, atol=1e-6, rtol=1e-5)
    changed = tmp_path / "bundle" / ENCODER
    changed.write_bytes(changed.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(CorruptArtefact, match="not the one that was saved"):
        load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", {})


def test_the_target_starts_where_the_intermediate_task_ended(lab, tmp_path):
    first = whole(lab, head_name="mnli")
    train(first, lab.encodings(16), RECIPE, seed=0)
    save_encoder(first, tmp_path / "encoder")
    second = whole(lab, weights=tmp_path / "encoder" / "model.safetensors")
    for name, parameter in first.part("backbone").items():
        assert torch.equal(second.part("backbone")[name], parameter) and second.part("backbone")[name].requires_grad
    fresh = whole(lab)
    for name, parameter in fresh.part("head").items():
        assert torch.equal(second.part("head")[name], parameter)
    with pytest.raises(CorruptArtefact):
        whole(lab, weights=tmp_path / "nothing.safetensors")


def test_adapters_go_on_from_where_they_were_saved(lab):
    """Sequential training: a loaded adapter is opened, and nothing else but the head."""
    made = lab.assemble("xlm-roberta", "mnli", trains=("adapters", "head"))
    before = {name: p.clone() for name, p in made.model.named_parameters()}
    train(made, lab.encodings(16), RECIPE, seed=0)
    for name, parameter in made.model.named_parameters():
        opened = ".adapters.mnli." in name or name.startswith("heads.")
        assert torch.equal(parameter, before[name]) != opened, name
