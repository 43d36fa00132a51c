"""Planted noise: of the size that was asked for, the same in any batch, and nowhere else."""

import numpy as np
import pytest
import torch

from adaptstilts.compositions import Fused, Stacked
from adaptstilts.errors import NotApplicable
from adaptstilts.models.mixing.noise import Shake
from adaptstilts.training.prediction import predict

BLOCK = Stacked((Fused(("squad", "mnli")), "target"))


def outputs(assembly, encodings, scale, tokens=4096):
    with assembly.shaken(scale):
        return np.stack(predict(assembly, encodings, tokens_per_batch=tokens))


def test_noise_is_relative_to_each_token_and_a_function_of_the_row():
    ids = torch.tensor([[0, 7, 9, 2], [0, 8, 2, 1]])
    mask = ids != 1
    output = (
        torch.randn(2, 4, 4096, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 10.0])[:, None, None]
    )
    shake = Shake(0.3)
    shake.ids = ids
    off = shake(output, 1, mask) - output
    size = output.pow(2).mean(-1).sqrt()
    assert torch.allclose((off.pow(2).mean(-1).sqrt() / size)[mask], torch.tensor(0.3), rtol=0.05)
    assert torch.equal(off[~mask], torch.zeros_like(off[~mask]))
    alone = Shake(0.3)
    alone.ids = ids[1:, :3]
    assert torch.equal(alone(output[1:, :3], 1, None) - output[1:, :3], off[1:, :3])
    assert not torch.allclose(shake(output, 2, mask) - output, off)


def test_predictions_move_with_the_scale_and_not_with_the_batch(lab):
    assembly, encodings = lab.assemble("xlm-roberta", BLOCK), lab.encodings(12)
    plain = outputs(assembly, encodings, 0.0)
    small, large = (outputs(assembly, encodings, scale) for scale in (0.05, 0.5))
    assert 0 < np.abs(small - plain).mean() < np.abs(large - plain).mean()
    assert np.allclose(outputs(assembly, encodings[::-1], 0.5, tokens=30)[::-1], large, atol=1e-5)
    assert np.array_equal(outputs(assembly, encodings, 0.0), plain)


def test_without_fusion_there_is_nothing_to_shake(lab):
    assembly = lab.assemble("xlm-roberta", "squad")
    with pytest.raises(NotApplicable, match="no fusion"), assembly.shaken(0.1):
        pass
    with assembly.shaken(0.0):
        assert len(predict(assembly, lab.encodings(2))) == 2
