"""Adapters on one matrix of queries, keys and values, against `adapters`' own way with one adapter, and sums and products of these."""

import pytest
import torch
from adapters import IA3Config, LoRAConfig, ModelAdaptersConfig
from adapters.composition import Average, Stack
from adapters.methods.lora import LoRAMergedLinear
from torch import nn
from transformers import BertConfig

from adaptstilts.models.architectures.built.merged import AddedLinear

WIDE = 8
CONFIGS = {
    "qv": LoRAConfig(r=2, alpha=4),
    "k": LoRAConfig(r=3, alpha=1, attn_matrices=["k"]),
    "qkv": LoRAConfig(r=1, alpha=2, attn_matrices=["q", "k", "v"]),
    "ia3": IA3Config(),
}


def matrix(kind, configs):
    """The same random matrix with adapters of these configs on it, in one class or the other."""
    torch.manual_seed(0)
    known = ModelAdaptersConfig()
    made = LoRAMergedLinear.wrap(nn.Linear(WIDE, 3 * WIDE), "selfattn", BertConfig(hidden_size=WIDE), known)
    made.init_adapters(BertConfig(hidden_size=WIDE), known) if hasattr(made, "init_adapters") else None
    for name, config in configs.items():
        known.add(name, config=config)
        made.add_adapter(name, 0)
    for parameter in made.loras.parameters():
        nn.init.normal_(parameter)
    made.__class__ = kind
    return made.double(), known


GIVEN = torch.randn(2, 5, WIDE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", CONFIGS)
def test_one_adapter_is_that_of_adapters(name):
    outputs = []
    for kind in (AddedLinear, LoRAMergedLinear):
        made, known = matrix(kind, {name: CONFIGS[name]})
        known.active_setup = Stack(name)
        outputs.append(made(GIVEN))
    torch.testing.assert_close(outputs[0], outputs[1], atol=1e-12, rtol=0)


def test_updates_add_up_and_factors_multiply():
    made, known = matrix(AddedLinear, {name: CONFIGS[name] for name in ("qv", "k", "qkv")})
    known.active_setup = None
    plain = made(GIVEN)
    changes = {}
    for name in ("qv", "k", "qkv"):
        known.active_setup = Stack(name)
        changes[name] = made(GIVEN) - plain
    known.active_setup = Stack("qv", "k")
    torch.testing.assert_close(made(GIVEN), plain + changes["qv"] + changes["k"])
    known.active_setup = Average("qv", "k", "qkv", weights=[3.0, 1.5, 3.0], normalize_weights=False)
    torch.testing.assert_close(made(GIVEN), plain + changes["qv"] + 0.5 * changes["k"] + changes["qkv"])
    made, known = matrix(AddedLinear, {"one": CONFIGS["ia3"], "two": CONFIGS["ia3"]})
    known.active_setup = None
    plain, factors = made(GIVEN), {}
    for name in ("one", "two"):
        known.active_setup = Stack(name)
        factors[name] = made(GIVEN) / plain
    known.active_setup = Stack("one", "two")
    torch.testing.assert_close(made(GIVEN), plain * factors["one"] * factors["two"])


def test_a_gate_of_the_adapters_own_is_heeded():
    """`adapters` keeps what a gate said in a context of its passes, which a matrix alone has not: held against plain products."""
    made, known = matrix(
        AddedLinear, {"gated": LoRAConfig(r=2, alpha=4, use_gating=True, attn_matrices=["q", "k", "v"])}
    )
    known.active_setup = Stack("gated")
    lora = made.loras["gated"]
    gate = torch.sigmoid(lora.gate(GIVEN)).mean(1).repeat_interleave(WIDE, dim=-1)
    low = (GIVEN @ lora.lora_A.T).chunk(3, dim=-1)
    update = torch.cat([part @ b.T for part, b in zip(low, lora.lora_B.chunk(3), strict=True)], dim=-1)
    expected = nn.functional.linear(GIVEN, made.weight, made.bias) + update * gate[:, None]
    torch.testing.assert_close(made(GIVEN), expected)
