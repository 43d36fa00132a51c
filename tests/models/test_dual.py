"""The dual encoder's head and loss against XTREME-R's formula, written out in plain torch, and through save, reload and training."""

import math

import pytest
import torch
from torch.nn import functional as F

from adaptstilts.compositions.composition import TARGET
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.bundle import load_bundle, save_bundle
from adaptstilts.models.heads import score
from adaptstilts.models.losses import contrast_loss, terms
from adaptstilts.settings import DeviceSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

HEAD = Head("sequence", 0, "contrast")


def pairs(count=6):
    """Queries and candidates, side by side by row: the candidate repeats the query's words after others."""
    made = []
    for row in range(count):
        own = (5 + 3 * row, 6 + 3 * row)
        made.append(Encoding(row, (0, *own, 2), 0, "query"))
        made.append(Encoding(row, (0, 50, 51, *own[::-1], 52, 2), 1, "candidate"))
    return made


def dual(lab, name, seed=0):
    return assemble(
        lab.backbones[name], block=TARGET, adapters={}, trains=("target_adapter", "head"), shape=lab.shape, head=HEAD,
        head_name="lareqa", seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["xlm-roberta", "bert"])
def test_outputs_and_loss_are_those_of_xtreme_r(lab, name):
    """third_party/bert.py: tanh pooler on the first token, L2 norm, cosines times a learnt scale from 100, cross entropy of
    each query against all candidates of the batch."""
    made = dual(lab, name)
    encodings = pairs()
    batch = made.collate(encodings, targets=True)
    outputs = made(batch)
    own = {key.split(".", 2)[2]: p for key, p in made.part("head").items()}
    assert set(own) == {"1.weight", "1.bias", "scaled.log_scale"}
    hidden = made.model.base_model(
        batch.ids, attention_mask=batch.mask.long(), token_type_ids=batch.types
    ).last_hidden_state
    pooled = F.normalize(torch.tanh(hidden[:, 0] @ own["1.weight"].T + own["1.bias"]), dim=1)
    logits = pooled[0::2] @ pooled[1::2].T * 100.0
    expected = F.cross_entropy(logits, torch.arange(6))
    assert torch.allclose(outputs @ outputs.T, pooled @ pooled.T * 100, atol=1e-3)
    assert made.loss(outputs, batch).item() == pytest.approx(expected.item(), rel=1e-4)
    assert terms(encodings, HEAD) == 6
    assert own["scaled.log_scale"].item() == pytest.approx(math.log(100))


def test_a_batch_of_one_pair_has_nothing_to_tell_apart(lab):
    made = dual(lab, "bert")
    batch = made.collate(pairs(1), targets=True)
    assert contrast_loss(made(batch), batch).item() == pytest.approx(0.0, abs=1e-6)


def test_training_brings_pairs_together_and_a_reloaded_bundle_says_the_same(lab, tmp_path):
    made = dual(lab, "bert")
    encodings = pairs()
    batch = made.collate(encodings, targets=True)
    before = made.loss(made(batch), batch).item()
    train(made, encodings, Recipe(steps=150, rate=1e-3, batch=6), seed=0)
    after = made.loss(made(batch), batch).item()
    assert after < 0.5 * before
    scale = made.part("head")["heads.lareqa.scaled.log_scale"].item()
    assert scale != pytest.approx(math.log(100), abs=1e-6), "the scale is learnt"
    outputs = predict(made, encodings)
    save_bundle(made, tmp_path / "bundle", {"target": "lareqa"})
    again = load_bundle(lab.backbones["bert"], tmp_path / "bundle", {})
    assert [o.tobytes() for o in predict(again, encodings)] == [o.tobytes() for o in outputs]


def test_a_small_token_budget_does_not_take_candidates_away(lab):
    """Cut into passes of one pair each the loss would be 0 everywhere and nothing would be learnt."""
    losses = {}
    for budget in (None, 8):
        made = dual(lab, "bert")
        device = DeviceSettings(tokens_per_pass=budget)
        losses[budget] = train(made, pairs(), Recipe(steps=1, rate=1e-3, batch=6), seed=0, device=device).loss[0][1]
    assert losses[8] == losses[None] > 0.1


def test_seeds_decide_the_head_and_nothing_else_does(lab):
    one, same, other = (dual(lab, "bert", seed).part("head")["heads.lareqa.1.weight"] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_pooling_takes_the_mean_of_all_tokens_or_the_first(lab):
    made = dual(lab, "bert")
    batch = made.collate(pairs())
    hidden = torch.randn(*batch.ids.shape, 8)
    mean, first = (
        score(None, Head("pooled", 0, "none", pooling=pooling), hidden, batch) for pooling in ("mean", "first")
    )
    lengths = batch.mask.sum(1)
    assert torch.allclose(mean[0], hidden[0, : lengths[0]].mean(0), atol=1e-6)
    assert torch.equal(first, hidden[:, 0])


def test_the_kind_asks_for_this_head(lab):
    class Facts:
        name, labels, metric = "lareqa", (), "map_at_20"
        options = {"trained": True}  # noqa: RUF012

    assert kind_of("retrieval").head(Facts()) == HEAD
