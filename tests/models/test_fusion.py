"""Re-associated fusion against `adapters`' own modules, in float64, logits and gradients."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from adapters import AdapterFusionConfig, DoubleSeqBnConfig, ParBnConfig, SeqBnConfig, XLMRobertaAdapterModel
from adapters.composition import Fuse, Stack
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from transformers import XLMRobertaConfig

from adaptstilts.models.mixing import fusion
from adaptstilts.models.mixing.attention import Watch, Weights

SHAPES = {
    "seq_bn": SeqBnConfig,
    "double_seq_bn": DoubleSeqBnConfig,
    "par_bn": ParBnConfig,
    "compacter": partial(SeqBnConfig, phm_layer=True, shared_phm_rule=False, phm_dim=2),
}
FOLDED = ("double_seq_bn", "par_bn", "seq_bn")


def pair(shape, reductions, options, *, dropout=0.0, on_top=True, seed=0):
    """The same random float64 model twice: as `adapters` runs it, and with re-associated fusion."""
    torch.manual_seed(seed)
    config = XLMRobertaConfig(
        vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=dropout, pad_token_id=1,
    )  # fmt: skip
    plain = XLMRobertaAdapterModel(config).double().eval()
    names = [f"a{i}" for i in range(len(reductions))]
    for name, reduction in zip(names, reductions, strict=True):
        plain.add_adapter(name, config=SHAPES[shape](reduction_factor=reduction))
    plain.add_adapter("target", config=SeqBnConfig(reduction_factor=4))
    plain.add_adapter_fusion(names, config=AdapterFusionConfig.load("dynamic", **options))
    plain.add_classification_head("label", num_labels=3)
    plain.set_active_adapters(Stack(Fuse(*names), "target") if on_top else Fuse(*names))
    plain.double()
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            if "adapter" in name or "heads" in name:
                parameter += 0.3 * torch.randn_like(parameter)
    ours = copy.deepcopy(plain)
    return plain, ours, fusion.install(ours)


def run(model, ids, mask):
    """Hidden states, logits, the loss with fusion's penalty, and every gradient."""
    for parameter in model.parameters():
        parameter.grad = None
    hidden = model.roberta(ids, attention_mask=mask).last_hidden_state
    logits = model(ids, attention_mask=mask, head="label").logits
    loss = F.cross_entropy(logits, torch.arange(len(ids)) % 3) + (hidden.sin() * mask[..., None]).mean()
    penalty = model.roberta.get_fusion_regularization_loss()
    (loss if penalty is None else loss + penalty).backward()
    outputs = torch.cat([hidden.detach().flatten(), logits.detach().flatten(), loss.detach()[None]])
    return outputs, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def inputs(rows=3, length=7, seed=1):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(2, 40, (rows, length), generator=generator)
    mask = (torch.arange(length) < torch.tensor([[length - i] for i in range(rows)])).long()
    return ids, mask


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    shape=st.sampled_from(FOLDED),
    reductions=st.lists(st.sampled_from([2, 3, 8]), min_size=1, max_size=4),
    options=st.fixed_dictionaries(
        {
            "key": st.booleans(),
            "query": st.booleans(),
            "value": st.booleans(),
            "query_before_ln": st.booleans(),
            "value_before_softmax": st.booleans(),
            "temperature": st.booleans(),
            "residual_before": st.booleans(),
            "regularization": st.booleans(),
            "value_initialized": st.booleans(),
        }
    ),
    on_top=st.booleans(),
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    seed=st.integers(0, 50),
)
def test_outputs_and_gradients_equal_those_of_adapters(shape, reductions, options, on_top, lengths, seed):
    plain, ours, left = pair(shape, reductions, options, on_top=on_top, seed=seed)
    assert left == []
    ids, _ = inputs(rows=len(lengths), seed=seed)
    mask = (torch.arange(7) < torch.tensor(lengths)[:, None]).long()
    expected, gradients = run(plain, ids, mask)
    found, ours_gradients = run(ours, ids, mask)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)
    assert ours_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(ours_gradients[name], gradient, atol=1e-10, rtol=1e-10, msg=name)


@pytest.mark.parametrize("options", [{}, {"residual_before": True}, {"temperature": True}])
def test_dropout_acts_on_the_scores_as_there(options):
    plain, ours, _ = pair("seq_bn", [2, 2, 3], options, dropout=0.4)
    ids, mask = inputs()
    results = []
    for model in (plain, ours):
        for layer in model.roberta.encoder.layer:
            for block in layer.output.adapter_fusion_layer.values():
                block.dropout.train()
        torch.manual_seed(3)
        results.append(model.roberta(ids, attention_mask=mask).last_hidden_state)
    torch.testing.assert_close(results[1], results[0], atol=1e-10, rtol=1e-10)
    quiet = pair("seq_bn", [2, 2, 3], options, dropout=0.4)[1].roberta(ids, attention_mask=mask).last_hidden_state
    assert (results[1] - quiet).abs().max() > 1e-3


def test_folded_matrices_follow_changed_weights():
    plain, ours, _ = pair("seq_bn", [2, 3], {})
    ids, mask = inputs()
    with torch.inference_mode():
        before = ours.roberta(ids, attention_mask=mask).last_hidden_state
    for model in (plain, ours):
        with torch.no_grad():
            model.roberta.encoder.layer[0].output.adapters["a1"].adapter_up.weight.mul_(2)
            model.roberta.encoder.layer[1].output.adapter_fusion_layer["a0,a1"].value.weight.mul_(3)
    with torch.inference_mode():
        after = ours.roberta(ids, attention_mask=mask).last_hidden_state
        torch.testing.assert_close(
            after, plain.roberta(ids, attention_mask=mask).last_hidden_state, atol=1e-10, rtol=1e-10
        )
    assert (after - before).abs().max() > 1e-3


def test_attention_can_be_read_as_there():
    plain, ours, _ = pair("seq_bn", [2, 3, 3], {})
    ids, mask = inputs()
    read = [model.roberta(ids, attention_mask=mask, output_adapter_fusion_attentions=True) for model in (plain, ours)]
    for layer in (0, 1):
        tables = [r.adapter_fusion_attentions["a0,a1,a2"][layer]["output_adapter"] for r in read]
        assert tables[1].shape == (3, 7, 3)
        assert abs(tables[0] - tables[1]).max() < 1e-10


def test_what_cannot_be_expressed_stays_with_adapters_and_is_named():
    plain, ours, left = pair("compacter", [2, 3], {})
    assert left == ["a0,a1"]
    ids, mask = inputs()
    with torch.no_grad():
        expected = plain.roberta(ids, attention_mask=mask).last_hidden_state
        assert torch.equal(ours.roberta(ids, attention_mask=mask).last_hidden_state, expected)


@pytest.mark.parametrize("shape", ["seq_bn", "double_seq_bn", "compacter"])
def test_watching_keeps_the_attention_over_real_tokens(shape):
    plain, ours, _ = pair(shape, [2, 3, 3], {})
    watch = Watch()
    fusion.install(ours, watch)
    batches = [inputs(rows=2, seed=4), inputs(rows=3, length=5, seed=5)]
    watch.weights = Weights(2)
    with torch.no_grad():
        for ids, mask in batches:
            watch.mask = mask.bool()
            ours.roberta(ids, attention_mask=mask)
    found = watch.weights.mean()
    for layer in (0, 1):
        tokens = []
        for ids, mask in batches:
            read = plain.roberta(ids, attention_mask=mask, output_adapter_fusion_attentions=True)
            for table in read.adapter_fusion_attentions["a0,a1,a2"][layer].values():
                tokens.append(table[mask.bool().numpy()])
        np.testing.assert_allclose(found[layer], np.concatenate(tokens).mean(0), atol=1e-12)
    watch.weights = None
    ours.roberta(*inputs())


def test_a_checkpoint_of_either_loads_in_the_other(tmp_path):
    plain, ours, _ = pair("seq_bn", [2, 3], {}, seed=1)
    ids, mask = inputs()
    for number, (writer, reader) in enumerate([(plain, ours), (ours, plain)]):
        with torch.no_grad():
            for name, parameter in writer.named_parameters():
                if "adapter_fusion_layer" in name:
                    parameter += 0.1 * torch.randn_like(parameter)
            expected = writer.roberta(ids, attention_mask=mask).last_hidden_state
            assert (reader.roberta(ids, attention_mask=mask).last_hidden_state - expected).abs().max() > 1e-4
            writer.save_adapter_fusion(str(tmp_path / str(number)), ["a0", "a1"], use_safetensors=True)
            reader.load_adapter_fusion(str(tmp_path / str(number)), use_safetensors=True)
            found = reader.roberta(ids, attention_mask=mask).last_hidden_state
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("skipped", [[0], [1]])
def test_adapterdrop_leaves_out_layers(skipped):
    plain, ours, _ = pair("seq_bn", [2, 3], {})
    ids, mask = inputs()
    for model in (plain, ours):
        model.set_active_adapters(model.active_adapters, skip_layers=skipped)
    expected, _ = run(plain, ids, mask)
    torch.testing.assert_close(run(ours, ids, mask)[0], expected, atol=1e-10, rtol=1e-10)


def test_it_runs_in_bfloat16_as_near_as_adapters_does():
    plain, ours, _ = pair("seq_bn", [2, 3], {})
    ids, mask = inputs()
    exact = ours.roberta(ids, attention_mask=mask).last_hidden_state.float()
    with torch.autocast("cpu", torch.bfloat16):
        found, theirs = (model.float().roberta(ids, attention_mask=mask).last_hidden_state for model in (ours, plain))
        found.float().sum().backward()
    assert (found - exact).abs().max() < 2 * (theirs - exact).abs().max() + 0.02
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        again = ours.roberta(ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(again, found.detach())
