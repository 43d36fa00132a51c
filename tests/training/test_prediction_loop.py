"""Prediction: every input once, in any order, back in its place; and the oracle that attacks ask."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from adaptstilts.compositions.composition import TARGET
from adaptstilts.kinds.kind import Encoding, Head, Limits, Prediction
from adaptstilts.progress import Silent
from adaptstilts.training.prediction import Oracle, predict

HEADS = {
    "sequence": Head("sequence", 3, "label"),
    "token": Head("token", 5, "tags"),
    "pooled": Head("pooled", 32, "none"),
}


@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
@pytest.mark.parametrize("level", sorted(HEADS))
def test_each_input_gets_the_output_it_has_alone(lab, model_type, level):
    made = lab.assemble(model_type, TARGET, head=HEADS[level])
    made.train()
    encodings = lab.encodings(13, model_type=model_type)
    found = predict(made, encodings, tokens_per_batch=60)
    assert not made.training
    with torch.inference_mode():
        for encoding, output in zip(encodings, found, strict=True):
            alone = made(made.collate([encoding]))[0].numpy()
            assert output.dtype == np.float32 and output.shape == alone.shape
            np.testing.assert_allclose(output, alone, atol=2e-6, rtol=1e-5)


class Counts(torch.nn.Module):
    """Stands for an assembly and counts what it is asked."""

    def __init__(self, made):
        super().__init__()
        self.made, self.heads, self.head_name, self.sizes, self.tokens = made, made.heads, made.head_name, [], []

    def collate(self, encodings: Sequence[Encoding], *, head: str):
        return self.made.collate(encodings, head=head)

    def forward(self, batch):
        self.sizes.append(len(batch.ids))
        self.tokens.append(batch.ids.numel())
        return self.made(batch)


def test_identical_inputs_run_once_and_batches_keep_the_budget(lab):
    counting = Counts(lab.assemble("bert", TARGET))
    encodings = lab.encodings(20, model_type="bert")
    twice = [*encodings, *reversed(encodings)]
    found = predict(counting, twice, tokens_per_batch=64)
    assert sum(counting.sizes) == 20
    assert all(tokens <= 64 or size == 1 for tokens, size in zip(counting.tokens, counting.sizes, strict=True))
    for first, second in zip(found[:20], reversed(found[20:]), strict=True):
        assert first is second and first.base is None, "kept once, and without its batch"


def test_segments_are_part_of_an_input(lab):
    made = lab.assemble("bert", TARGET)
    one, two = Encoding(0, (2, 7, 3, 8, 3), None), Encoding(1, (2, 7, 3, 8, 3), None, second=3)
    first, second = predict(made, [one, two])
    assert not np.allclose(first, second)
    assert made.collate([one, two]).types.tolist() == [[0] * 5, [0, 0, 0, 1, 1]]
    assert lab.assemble("xlm-roberta", TARGET).collate([two]).types is None


def test_nothing_in_nothing_out_and_progress_counts_inputs(lab):
    made = lab.assemble("bert", TARGET)
    assert predict(made, []) == []
    told = []
    watcher = Silent()
    watcher.start = lambda total, what: told.append(total)
    watcher.advance = lambda n=1, note="": told.append(n)
    predict(made, lab.encodings(9, model_type="bert"), tokens_per_batch=40, progress=watcher)
    assert told[0] == 9 == sum(told[1:])


def test_the_oracle_asks_as_the_kind_encodes_and_decodes(lab):
    made = lab.assemble("xlm-roberta", TARGET)
    encodings = lab.encodings(6)

    def encode(rows, facts, tokenizer, limits):
        assert (facts, tokenizer, limits) == ("facts", "tokenizer", Limits(64))
        return [encodings[row] for row in rows]

    def decode(rows, facts, found, outputs):
        return [
            Prediction(0, 1.0, float(o[e.target] - np.delete(o, e.target).max()))
            for e, o in zip(found, outputs, strict=True)
        ]

    oracle = Oracle(made, SimpleNamespace(encode=encode, decode=decode), "facts", "tokenizer", Limits(64))
    margins = oracle.margins([4, 1, 4])
    output = predict(made, encodings)[4]
    expected = output[1] - max(output[0], output[2])
    assert margins[0] == margins[2] == pytest.approx(expected, abs=1e-5)
    assert oracle.margins([]) == []
