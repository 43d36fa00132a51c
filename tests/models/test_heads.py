"""Several heads on one body; masked-language modelling against `transformers`' own."""

import dataclasses

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertForMaskedLM, XLMRobertaForMaskedLM

from adaptstilts.compositions.composition import TARGET
from adaptstilts.errors import CorruptArtefact, DataMissing, NotApplicable
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.assembly import assemble
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle
from adaptstilts.models.heads import language_tensor, load_head, masked_head, save_head
from adaptstilts.models.losses import terms

HEADS = {"tagger": Head("token", 5, "tags"), "mlm": masked_head(65)}
PLAIN = {"xlm-roberta": XLMRobertaForMaskedLM, "bert": BertForMaskedLM}


def masked(encodings, mask):
    """Every third token hidden, the third one always among them."""
    made = []
    for encoding in encodings:
        ids, targets = list(encoding.ids), [-100] * len(encoding.ids)
        for place in range(2, len(ids) - 1, 3):
            targets[place], ids[place] = ids[place], mask
        made.append(Encoding(encoding.row, tuple(ids), tuple(targets), second=encoding.second))
    return made


def with_language_head(backbone, folder):
    known = ARCHITECTURES.get(backbone.architecture)
    found = {language_tensor(key, known): tensor for key, tensor in load_file(folder / "model.safetensors").items()}
    found.pop("")
    assert set(found) == {"0.weight", "0.bias", "2.weight", "2.bias", "3.bias"}
    return dataclasses.replace(backbone, language_head=found)


def test_a_further_head_answers_as_it_would_alone(lab):
    both = lab.assemble("xlm-roberta", TARGET, heads=HEADS)
    alone = lab.assemble("xlm-roberta", TARGET)
    tagger = lab.assemble("xlm-roberta", TARGET, head=HEADS["tagger"], head_name="tagger")
    assert list(both.heads) == ["paws", "tagger", "mlm"] and (both.head_name, both.head) == ("paws", lab.label)
    encodings = lab.encodings(5)
    with torch.inference_mode():
        assert torch.equal(both(both.collate(encodings)), alone(alone.collate(encodings)))
        for name, parameter in both.part("head").items():
            if name.startswith("heads.tagger."):
                tagger.part("head")[name].copy_(parameter)
        batch = both.collate(encodings, head="tagger")
        assert batch.head == "tagger"
        assert torch.equal(both(batch), tagger(tagger.collate(encodings)))


def test_heads_of_one_shape_start_apart_and_depend_on_their_names(lab):
    more = {"a": lab.label, "b": lab.label}
    first, second = lab.assemble("bert", TARGET, heads=more), lab.assemble("bert", TARGET, heads={"b": lab.label})
    weight = {name: p for name, p in first.part("head").items() if name.endswith("1.weight")}
    assert len(weight) == 3
    for one in weight:
        for other in weight:
            assert torch.equal(weight[one], weight[other]) == (one == other)
    assert torch.equal(weight["heads.b.1.weight"], second.part("head")["heads.b.1.weight"])


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
def test_masked_language_modelling_is_that_of_transformers(lab, model_type):
    """Scores of the hidden tokens, the loss, and every gradient of the whole encoder."""
    folder = lab.folders[model_type]
    backbone = with_language_head(lab.backbones[model_type], folder)
    ours = assemble(
        backbone, block=None, adapters={}, trains=("backbone", "head"), shape=lab.shape, head=masked_head(65),
        head_name="mlm", seed=0,
    )  # fmt: skip
    plain = PLAIN[model_type].from_pretrained(folder).eval()
    batch = ours.collate(masked(lab.encodings(6, model_type=model_type), 4), targets=True)
    outputs = ours(batch)
    loss = ours.loss(outputs, batch)
    expected = plain(batch.ids, batch.mask.long(), batch.types, labels=batch.targets)
    torch.testing.assert_close(outputs, expected.logits[batch.targets != -100], atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(loss, expected.loss)
    loss.backward()
    expected.loss.backward()
    theirs = dict(plain.named_parameters())
    compared = 0
    for name, parameter in ours.part("backbone").items():
        if name in theirs:
            torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-5, rtol=1e-4, msg=name)
            compared += 1
    assert compared == len(ours.part("backbone"))


def test_only_hidden_tokens_meet_the_vocabulary(lab):
    made = lab.assemble("xlm-roberta", TARGET, heads=HEADS)
    encodings = masked(lab.encodings(8), 4)
    seen = []
    last = made.model.heads["mlm"].get_output_embeddings()
    last.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    batch = made.collate(encodings, targets=True, head="mlm")
    made(batch)
    assert seen == [(terms(encodings, HEADS["mlm"]), 65)]
    assert terms(encodings, HEADS["mlm"]) == int((batch.targets != -100).sum()) < batch.ids.numel() / 3
    assert last.weight is made.model.get_input_embeddings().weight and not last.weight.requires_grad
    assert all("3.weight" not in name for name in made.part("head") if name.startswith("heads.mlm."))
    with pytest.raises(ValueError, match="which tokens are masked"):
        made(made.collate(encodings, head="mlm"))


def test_nothing_hidden_is_no_loss(lab):
    made = lab.assemble("bert", TARGET, heads=HEADS)
    encodings = lab.encodings(3, model_type="bert", target=lambda i, ids: (-100,) * len(ids))
    batch = made.collate(encodings, targets=True, head="mlm")
    assert made.loss(made(batch), batch).item() == 0.0


def test_a_bundle_holds_every_head(lab, tmp_path):
    made = lab.assemble("xlm-roberta", TARGET, heads=HEADS)
    with torch.no_grad():
        for parameter in made.part("head").values():
            parameter += 0.3
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["xlm-roberta"], tmp_path / "bundle", {})
    assert again.heads == made.heads
    for name, parameter in made.part("head").items():
        assert torch.equal(again.part("head")[name], parameter)
    saved = load_file(tmp_path / "bundle" / "head-mlm" / "model_head.safetensors")
    assert sum(tensor.numel() for tensor in saved.values()) == 32 * 32 + 3 * 32 + 65


def test_a_head_goes_on_under_another_name(lab, tmp_path):
    first = lab.assemble("bert", "mnli", adapters={}, head_name="mnli", heads=HEADS)
    save_adapter(first, "mnli", tmp_path / "adapter", head=True)
    save_head(first.model, "tagger", HEADS["tagger"], tmp_path / "tagger")
    second = lab.assemble("bert", TARGET, head_name="other", heads={"t": HEADS["tagger"]}, seed=9)
    load_head(second.model, "other", tmp_path / "adapter")
    load_head(second.model, "t", tmp_path / "tagger")
    for name, parameter in first.part("head").items():
        renamed = name.replace("heads.mnli.", "heads.other.").replace("heads.tagger.", "heads.t.")
        assert "mlm" in name or torch.equal(second.part("head")[renamed], parameter)
    with pytest.raises(DataMissing, match="model_head"):
        load_head(second.model, "t", tmp_path)
    with pytest.raises(CorruptArtefact, match="match"):
        load_head(second.model, "other", tmp_path / "tagger")


def test_a_head_for_another_vocabulary_is_refused(lab):
    with pytest.raises(NotApplicable, match="vocabulary of 65"):
        lab.assemble("bert", TARGET, heads={"mlm": masked_head(66)})
