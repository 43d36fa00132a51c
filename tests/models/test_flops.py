"""Counted operations against those that torch's own counter sees."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.kinds.kind import Encoding
from benchmarks.flops import flops_per_token, peak_flops

SIZES = {"layers": 2, "hidden": 32, "feedforward": 48}
LENGTH = 12
FUSE, STACK = Fused(("mnli", "squad", "swag")), ("mnli", "squad")
CASES = {  # block, what trains, how it is counted; adapters are 8 wide
    "plain": (None, (), {}),
    "target": (TARGET, ("target_adapter",), {"target": 8}),
    "stack": (Stacked((*STACK, TARGET)), ("target_adapter",), {"adapters": (8, 8), "target": 8}),
    "fuse": (FUSE, ("fusion",), {"adapters": (8, 8, 8), "fused": True}),
    "fuse and target": (
        Stacked((FUSE, TARGET)),
        ("fusion", "target_adapter"),
        {"adapters": (8, 8, 8), "fused": True, "target": 8},
    ),
    "full": (None, ("backbone",), {"trains_encoder": True}),
}


def counted(assembly, rows, *, backward):
    """What torch counts; its attention on a CPU is not among it, so that is computed as plain products."""
    batch = assembly.collate(_inputs(rows))
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        hidden = assembly._encode(batch, 2)
        forward = counter.get_total_flops()
        if backward:
            hidden.sum().backward()
    return forward, counter.get_total_flops() - forward


def _inputs(rows):
    return [Encoding(row, (0, *((row + t) % 60 + 5 for t in range(LENGTH - 2)), 2), 0) for row in range(rows)]


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_token_costs_what_torch_counts(lab, case):
    """From the difference of two batches, so that what is folded once a step drops out."""
    block, trains, told = CASES[case]
    made = lab.assemble("xlm-roberta", block, trains=trains).train()
    few, many = (counted(made, rows, backward=bool(trains)) for rows in (4, 12))
    expected = flops_per_token(**SIZES, length=LENGTH, **told)
    assert (many[0] - few[0]) / (8 * LENGTH) == expected.forward
    assert (many[1] - few[1]) / (8 * LENGTH) == expected.backward
    assert expected.step == expected.forward + expected.backward


def test_full_training_is_six_operations_a_weight():
    # Chowdhery et al. 2022, appendix B: 6 N + 12 L H Q T for a token of a training step
    found = flops_per_token(layers=24, hidden=1024, feedforward=4096, length=512, trains_encoder=True)
    weights = 24 * (4 * 1024**2 + 2 * 1024 * 4096)
    assert found.step == 6 * weights + 12 * 24 * 1024 * 512 and found.backward == 2 * found.forward


def test_dropped_layers_cost_no_backward():
    whole, upper = (
        flops_per_token(layers=24, hidden=64, feedforward=128, length=10, target=8, drop=drop) for drop in (0, 5)
    )
    rest = flops_per_token(layers=19, hidden=64, feedforward=128, length=10, target=8)
    assert upper.backward == rest.backward < whole.backward
    assert whole.forward - upper.forward == 5 * 4 * 64 * 8


def test_peaks_go_by_name():
    assert peak_flops("NVIDIA H100 80GB HBM3") == 989e12 and peak_flops("NVIDIA H100 PCIe") == 756e12
    assert peak_flops("NVIDIA L40S") == 362e12 and peak_flops("some other thing") is None
