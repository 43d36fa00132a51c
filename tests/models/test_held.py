"""What a CPU computes otherwise in bfloat16: attention, dropout, and the top layer for the first tokens alone.

Held to torch's own attention and to plain transformers' layers, in float64.
"""

import pytest
import torch

from adaptstilts.compositions import TARGET
from adaptstilts.compositions.blocks import Fused, Stacked
from adaptstilts.compositions.limits import FAMILIES
from adaptstilts.kinds.kind import Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.held import CheapDropout, dropped, hold_attention
from adaptstilts.models.lower import run
from adaptstilts.settings import AdapterSettings, BackboneSettings

FUSED = Stacked((Fused(("squad", "mnli", "swag")), TARGET))


@pytest.fixture(scope="module")
def exact(lab):
    """Assemblies in float64 on a backbone of their own."""
    own = {name: open_backbone(BackboneSettings(str(folder))) for name, folder in lab.folders.items()}

    def make(model_type, block, **more):
        options = {"adapters": lab.zoo[model_type], "shape": lab.shape, **more}
        trains = ("fusion", "target_adapter", "head")
        made = assemble(
            own[model_type], block=block, trains=trains, head=lab.label, head_name="paws", seed=5, **options
        )
        return made.double().eval()

    return make


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
@pytest.mark.parametrize("family", ["seq_bn", "lora", "prefix_tuning"])
def test_attention_is_that_of_adapters_on_torch_s_kernel(lab, exact, model_type, family):
    """Over whole encoders, inputs of several lengths in one batch, and without any padding."""
    shape = AdapterSettings(family, 4, rank=2, alpha=4, prefix_length=3)
    made = exact(model_type, TARGET, shape=shape, adapters={})
    encodings = lab.encodings(12, model_type=model_type)
    batches = [made.collate(chosen) for chosen in (encodings, encodings[:1])]
    theirs = [made(batch) for batch in batches]
    for layer in made.model.base_model.encoder.layer:
        assert "forward" not in vars(layer.attention.self)
        hold_attention(layer.attention.self)
    for batch, wanted in zip(batches, theirs, strict=True):
        torch.testing.assert_close(made(batch), wanted)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_dropout_drops_its_share_scales_the_rest_and_lets_the_same_gradients_through(share):
    values = torch.ones(100_001, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(4)
    found = dropped(values, share)
    found.sum().backward()
    gone = (found == 0).double().mean().item()
    deviation = (share * (1 - share) / len(values)) ** 0.5
    assert abs(gone - share) < 4 * deviation + 2**-16
    assert found.detach()[found != 0].unique().item() == pytest.approx(1 / (1 - share), rel=1e-4)
    assert torch.equal(values.grad, found.detach()), "of ones, what went forward comes back"
    torch.manual_seed(4)
    assert torch.equal(dropped(values, share), found)
    assert not torch.equal(dropped(values, share), found)
    neighbours = (found[1:] == 0).double().mul((found[:-1] == 0).double()).mean().item()
    assert abs(neighbours - share**2) < 0.01, "sixteen bits of one word are independent"


def test_a_module_drops_in_training_alone():
    module, values = CheapDropout(0.5), torch.ones(64, 8)
    assert (module.train()(values) == 0).any()
    assert torch.equal(module.eval()(values), values)
    assert torch.equal(CheapDropout(0.0).train()(values), values)


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_top_layer_gives_the_same_first_tokens_without_the_others(lab, exact, model_type, family):
    """In float64, so that nothing but rounding could hide; gradients too."""
    shape = AdapterSettings(family, 4, rank=2, alpha=4, prefix_length=3)
    made = exact(model_type, TARGET, shape=shape, adapters={})
    firsts_are_the_same(lab, made, model_type)


@pytest.mark.parametrize("block", [FUSED, Stacked(("squad", "mnli", TARGET))], ids=["fuse", "stack"])
def test_so_it_does_for_combinations(lab, exact, block):
    firsts_are_the_same(lab, exact("xlm-roberta", block), "xlm-roberta")


def firsts_are_the_same(lab, made, model_type):
    batch = made.collate(lab.encodings(12, model_type=model_type))
    gradients = []
    for first in (False, True):
        made.zero_grad()
        states = run(made.model.base_model, batch, 0, 2, first=first)
        assert states.shape[1] == (1 if first else batch.ids.shape[1])
        states[:, 0].square().sum().backward()
        slopes = [p.grad.flatten() for _, p in made.named_trainable() if p.grad is not None]
        gradients.append((states[:, 0].detach(), torch.cat(slopes)))
    for whole, alone in zip(*gradients, strict=True):
        torch.testing.assert_close(alone, whole)


def test_only_heads_that_read_the_first_token_go_without_the_others(lab, monkeypatch):
    made = lab.assemble("xlm-roberta", FUSED)
    asked = []
    monkeypatch.setattr(
        "adaptstilts.models.assembly.run", lambda *a, first: asked.append(first) or run(*a, first=first)
    )
    batch = made.collate(lab.encodings(4))
    made(batch)
    monkeypatch.setattr(type(made), "precision", "bfloat16")
    made(batch)
    with made.watch():
        made(batch)
    with made.shaken(0.5):
        made(batch)
    made.heads[made.head_name] = Head("token", 3, "tags")
    made(batch)
    assert asked == [False, True, False, False, False]
