"""Assemblies against plain `adapters`: the same files, the same numbers; and nothing open that was not declared."""

import itertools

import adapters
import pytest
import torch
from adapters.composition import Fuse, Stack
from torch.nn import functional as F
from transformers import AutoModel

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.errors import CorruptArtefact, InputError, NotApplicable, UnknownName
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.bundle import save_bundle
from adaptstilts.settings import AdapterSettings

MODELS = {"xlm-roberta": adapters.XLMRobertaAdapterModel, "bert": adapters.BertAdapterModel}
FUSE = Stacked((Fused(("mnli", "squad", "swag")), TARGET))


def perturb(assembly, seed=0):
    """Fresh up-projections are small; move everything that trains so that every part shows in the outputs."""
    generator = torch.Generator().manual_seed(seed)
    for _, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
@pytest.mark.parametrize(
    ("block", "setup"),
    [
        (FUSE, Stack(Fuse("mnli", "squad", "swag"), TARGET)),
        (Stacked(("mnli", "squad", TARGET)), Stack("mnli", "squad", TARGET)),
        (TARGET, Stack(TARGET)),
        (Fused(("squad",)), Fuse("squad")),
        (None, None),
    ],
)
def test_plain_adapters_loads_what_we_save_and_agrees(lab, tmp_path, model_type, block, setup):
    ours = lab.assemble(model_type, block)
    perturb(ours)
    save_bundle(ours, tmp_path / "bundle", {})
    plain = MODELS[model_type].from_pretrained(lab.folders[model_type])
    for name in ours.digests:
        plain.load_adapter(str(lab.zoo[model_type][name]), with_head=False, use_safetensors=True)
    for name in ours.fresh:
        plain.load_adapter(str(tmp_path / "bundle" / f"adapter-{name}"), use_safetensors=True)
    if (tmp_path / "bundle" / "fusion-0").is_dir():
        plain.load_adapter_fusion(str(tmp_path / "bundle" / "fusion-0"), use_safetensors=True)
    plain.load_head(str(tmp_path / "bundle" / "head"), use_safetensors=True)
    plain.set_active_adapters(setup)
    plain.active_head = "paws"
    batch = ours.collate(lab.encodings(6, model_type=model_type))
    with torch.inference_mode():
        found = ours(batch)
        expected = plain.eval()(batch.ids, attention_mask=batch.mask.long(), token_type_ids=batch.types).logits
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)


def test_a_trained_adapter_goes_out_with_its_head(lab):
    plain = MODELS["bert"].from_pretrained(lab.folders["bert"])
    plain.load_adapter(str(lab.zoo["bert"]["mnli"]), set_active=True, use_safetensors=True)
    assert plain.heads["mnli"].config["num_labels"] == 3
    head = lab.assemble("bert", "mnli", adapters={}, trains=(), head_name="mnli")
    assert [p.shape for p in plain.heads["mnli"].parameters()] == [p.shape for p in head.part("head").values()]


PARTS = ("fusion", "target_adapter", "head")


@pytest.mark.parametrize("trains", [c for n in range(4) for c in itertools.combinations(PARTS, n)])
def test_only_what_is_declared_trains(lab, trains):
    made = lab.assemble("xlm-roberta", FUSE, trains=trains)
    marks = {"fusion": ".adapter_fusion_layer.", "target_adapter": ".adapters.target.", "head": "heads."}
    for name, parameter in made.model.named_parameters():
        declared = any(marks[part] in name for part in trains)
        assert parameter.requires_grad == declared, name
    counts = made.parts()
    assert counts["trainable"] == sum(counts[part] for part in trains)
    assert counts["total"] == sum(p.numel() for p in made.parameters())
    assert counts["backbone"] == lab.backbones["xlm-roberta"].parameters


def test_the_backbone_keeps_no_trace(lab):
    backbone = lab.backbones["xlm-roberta"]
    before = {name: (p.data_ptr(), p.clone()) for name, p in backbone.model.state_dict().items()}
    first, second = lab.assemble("xlm-roberta", FUSE), lab.assemble("xlm-roberta", Stacked(("squad", TARGET)))
    perturb(first), perturb(second)
    batch = first.collate(lab.encodings(4))
    with torch.inference_mode():
        expected = second(batch)
        first(batch)
        first.close()
        assert torch.equal(second(batch), expected)
    assert list(backbone.model.state_dict()) == list(before)
    for name, tensor in backbone.model.state_dict().items():
        assert tensor.data_ptr() == before[name][0]
        assert torch.equal(tensor, before[name][1])
    assert not backbone.model.adapters_config.adapters
    shared = {p.data_ptr() for p in backbone.model.parameters()}
    assert shared <= {p.data_ptr() for p in second.model.parameters()}


def test_fresh_parts_depend_on_the_seed_and_not_on_k(lab):
    one, other = lab.assemble("bert", TARGET), lab.assemble("bert", FUSE)
    third = lab.assemble("bert", TARGET, seed=6)
    for part in ("target_adapter", "head"):
        for name, parameter in one.part(part).items():
            assert torch.equal(parameter, other.part(part)[name])
    assert any(not torch.equal(p, third.part("head")[name]) for name, p in one.part("head").items())
    state = torch.get_rng_state()
    lab.assemble("bert", FUSE)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
def test_pooled_reads_the_layer_at_its_depth(lab, model_type):
    encodings = lab.encodings(5, model_type=model_type)
    plain = AutoModel.from_pretrained(lab.folders[model_type], add_pooling_layer=False).eval()
    for depth, layer in ((0.5, 1), (1.0, 2), (0.0, 0)):
        ours = lab.assemble(model_type, None, trains=(), head=Head("pooled", 32, "none", depth))
        batch = ours.collate(encodings)
        with torch.inference_mode():
            found = ours(batch)
            states = plain(batch.ids, batch.mask.long(), batch.types, output_hidden_states=True).hidden_states[layer]
        for row, (state, encoding) in enumerate(zip(states, encodings, strict=True)):
            torch.testing.assert_close(found[row], state[: len(encoding.ids)].mean(0), atol=1e-6, rtol=1e-5)


def test_losses_are_the_textbook_ones_and_padding_changes_none(lab):
    spans = lab.encodings(4, target=lambda i, ids: (i, len(ids) - 1))
    tags = lab.encodings(4, target=lambda i, ids: tuple(-100 if t % 2 else t % 5 for t in ids))
    choices = [Encoding(i // 3, e.ids, (i // 3) % 3) for i, e in enumerate(lab.encodings(9))]
    uneven = [Encoding(0 if i < 2 else 1, e.ids, 1) for i, e in enumerate(lab.encodings(5))]
    cases = [
        (Head("token", 2, "span"), spans, span_by_hand),
        (Head("token", 5, "tags"), tags, tags_by_hand),
        (Head("sequence", 1, "choice"), choices, choices_by_hand),
        (Head("sequence", 1, "choice"), uneven, choices_by_hand),
        (Head("sequence", 3, "label"), lab.encodings(4), label_by_hand),
    ]
    for head, encodings, by_hand in cases:
        made = lab.assemble("xlm-roberta", "squad", head=head)
        batch = made.collate(encodings, targets=True)
        with torch.inference_mode():
            found = made.loss(made(batch), batch)
            alone = [made(made.collate([encoding]))[0] for encoding in encodings]
        torch.testing.assert_close(found, by_hand(alone, encodings), atol=2e-6, rtol=1e-5)


def span_by_hand(outputs, encodings):
    terms = [
        -F.log_softmax(o[:, side], 0)[e.target[side]]
        for o, e in zip(outputs, encodings, strict=True)
        for side in (0, 1)
    ]
    return torch.stack(terms).mean()


def tags_by_hand(outputs, encodings):
    terms = [
        -F.log_softmax(scores, 0)[tag]
        for o, e in zip(outputs, encodings, strict=True)
        for scores, tag in zip(o, e.target, strict=True)
        if tag != -100
    ]
    return torch.stack(terms).mean()


def choices_by_hand(outputs, encodings):
    rows = {}
    for output, encoding in zip(outputs, encodings, strict=True):
        rows.setdefault((encoding.row, encoding.target), []).append(output)
    return torch.stack([-F.log_softmax(torch.cat(scores), 0)[right] for (_, right), scores in rows.items()]).mean()


def label_by_hand(outputs, encodings):
    return torch.stack([-F.log_softmax(o, 0)[e.target] for o, e in zip(outputs, encodings, strict=True)]).mean()


def test_a_batch_without_tags_has_no_loss(lab):
    made = lab.assemble("bert", TARGET, head=Head("token", 5, "tags"))
    encodings = lab.encodings(3, model_type="bert", target=lambda i, ids: (-100,) * len(ids))
    batch = made.collate(encodings, targets=True)
    assert made.loss(made(batch), batch).item() == 0.0


def test_value_penalty_is_that_of_adapters(lab):
    made = lab.assemble("xlm-roberta", FUSE)
    perturb(made)
    torch.testing.assert_close(made.penalty(), made.model.base_model.get_fusion_regularization_loss())
    assert lab.assemble("xlm-roberta", FUSE, trains=("head",)).penalty() is None


def test_what_cannot_be_is_refused_by_name(lab, tmp_path):
    with pytest.raises(UnknownName, match="seq_bn"):
        lab.assemble("bert", TARGET, shape=AdapterSettings("seq_bm"))
    with pytest.raises(NotApplicable, match="reduction"):
        lab.assemble("bert", TARGET, shape=AdapterSettings("seq_bn", 64))
    with pytest.raises(InputError, match="twice"):
        lab.assemble("bert", Stacked(("mnli", "mnli")))
    with pytest.raises(InputError, match="cannot name"):
        lab.assemble("bert", "a.b")
    cut = tmp_path / "squad"
    cut.mkdir()
    for file in lab.zoo["bert"]["squad"].iterdir():
        (cut / file.name).write_bytes(file.read_bytes()[: -50 if file.suffix == ".safetensors" else None])
    with pytest.raises(CorruptArtefact, match=r"adapter\.safetensors"):
        lab.assemble("bert", "squad", adapters={"squad": cut})
