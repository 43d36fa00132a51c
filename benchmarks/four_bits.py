"""What rounding to 4 bits costs the backbone `e5-small`, by language: retrieval beside published results of its float32 weights.

python benchmarks/four_bits.py --data DIR     DIR holds mteb/tatoeba-bitext-mining in the Hub's layout

The float32 weights are not needed: their accuracy on the same pairs is published by MTEB (Muennighoff et al. 2023;
repository embeddings-benchmark/results, model intfloat/multilingual-e5-small, mteb 1.12.75, Tatoeba). The rule is MTEB's: each
foreign sentence asks, all English ones of its language are candidates, the nearest by cosine is the answer; mean over
tokens, `query: ` before both. Intervals are those of a difference of two shares of n pairs each, as if the errors of the two
models had nothing in common; they have, so that the true interval is narrower.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import pyarrow.parquet as parquet
import torch

from adaptstilts.models.backbone import Backbone
from adaptstilts.models.door.open import open_backbone
from adaptstilts.settings import BackboneSettings

FLOAT32 = {
    "deu": 0.979, "spa": 0.945, "hin": 0.941, "tha": 0.9306569343065694, "fra": 0.924, "cmn": 0.921, "rus": 0.921, "vie": 0.913,
    "tur": 0.909, "ell": 0.896, "tam": 0.8631921824104235, "ben": 0.855, "ara": 0.799, "swh": 0.7153846153846154, "jav": 0.600,
}  # fmt: skip
"""Accuracy of the float32 weights, as published."""


def vectors(backbone: Backbone, texts: list[str]) -> torch.Tensor:
    """Unit vectors [n, H] of sentences: the mean over tokens of the top layer."""
    model, tokenizer = backbone.model, backbone.tokenizer
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    found: dict[int, torch.Tensor] = {}
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        batch = tokenizer([f"query: {texts[i].strip()}" for i in chosen], padding=True, truncation=True, max_length=512)
        ids, mask = torch.tensor(batch["input_ids"]), torch.tensor(batch["attention_mask"])
        with torch.inference_mode():
            hidden = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        means = (hidden * weights).sum(1) / weights.sum(1)
        found.update(zip(chosen, torch.nn.functional.normalize(means, dim=1), strict=True))
    return torch.stack([found[number] for number in range(len(texts))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "mteb" / "tatoeba-bitext-mining"
    backbone = open_backbone(BackboneSettings("e5-small"))
    print("| language | pairs | float32, published | 4 bits, measured | difference (95 %) |")
    print("|---|---|---|---|---|")
    for code, published in FLOAT32.items():
        files = sorted((folder / f"{code}-eng").glob("*.parquet"))
        table = parquet.read_table(files[0]).to_pydict()
        asked, offered = vectors(backbone, table["sentence1"]), vectors(backbone, table["sentence2"])
        n = len(asked)
        right = ((asked @ offered.T).argmax(1) == torch.arange(n)).double().mean().item()
        width = 1.96 * math.sqrt((published * (1 - published) + right * (1 - right)) / n)
        low, high = right - published - width, right - published + width
        change = f"{100 * (right - published):+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        print(f"| {code} | {n} | {100 * published:.1f} | {100 * right:.1f} | {change} |", flush=True)


if __name__ == "__main__":
    main()
