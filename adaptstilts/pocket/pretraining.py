"""Pretraining of the pocket encoder: masked words over documents, translations and code-switched text, resumable at any step.

The data of a step is a function of (seed, step) alone, and a checkpoint holds weights, optimizer and step, so a run that was
killed ends in the same weights as one that was not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InputError
from ..ids import digest, rng_for
from . import LANGUAGES, VERSION, corpus
from .tokenizer import POSITIONS, train, write

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import XLMRobertaForMaskedLM

Say = Callable[[str], None]
START, PAD, END, MASK, SPECIALS = 0, 1, 2, 4, 5
RETRIEVAL_LAYER = 3


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, but for the machine's arithmetic.

    A step reads `pairs` rows of two segments, `documents` rows of one text, and `aligned` texts in two languages each.
    `contrast` weighs the term that draws the two together (0: masked words only).
    """

    seed: int = 1
    steps: int = 6000
    hidden: int = 160
    layers: int = 4
    heads: int = 5
    rate: float = 2.5e-3
    warmup: float = 0.06
    pairs: int = 44
    documents: int = 16
    aligned: int = 24
    same: float = 0.35
    contrast: float = 0.0
    temperature: float = 0.07
    masked: float = 0.25
    bfloat16: bool = True
    version: int = VERSION


def build(
    out: Path,
    *,
    seed: int = 1,
    steps: int = 6000,
    threads: int = 2,
    say: Say = print,
    every: int = 250,
    recipe: Recipe | None = None,
) -> Path:
    """Make tokenizer and encoder in `out`; go on from the last checkpoint there. Raises InputError if its recipe is another."""
    torch.set_num_threads(threads)
    chosen = recipe or Recipe(seed=seed, steps=steps)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = train()
    model, optimizer = prepare(chosen, tokenizer.get_vocab_size())
    first = resume(out, chosen, model, optimizer, say)
    say(f"{sum(p.numel() for p in model.parameters()):,} parameters, {threads} threads, from step {first} of {chosen.steps}")
    begun, total = time.monotonic(), 0.0
    for step in range(first, chosen.steps):
        total += train_step(model, optimizer, tokenizer, chosen, step)
        done = step + 1
        if done % every == 0 or done == chosen.steps:
            checkpoint(out, chosen, done, model, optimizer)
            report(say, done, total / ((done - 1) % every + 1), model, tokenizer, time.monotonic() - begun)
            total = 0.0
    save(model, tokenizer, out)
    (out / "checkpoint.pt").unlink(missing_ok=True)
    return out


def prepare(recipe: Recipe, vocabulary: int) -> tuple[XLMRobertaForMaskedLM, torch.optim.AdamW]:
    """A fresh encoder with its optimizer."""
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    torch.manual_seed(recipe.seed)
    config = XLMRobertaConfig(
        vocab_size=vocabulary,
        hidden_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        intermediate_size=4 * recipe.hidden,
        max_position_embeddings=POSITIONS + 2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.04,
        type_vocab_size=1,
    )
    config._attn_implementation = "eager"
    model = XLMRobertaForMaskedLM(config)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    return model, optimizer


def rate_at(recipe: Recipe, step: int) -> float:
    """Linear warm-up, then linear decay to nothing."""
    warm = max(1, int(recipe.warmup * recipe.steps))
    if step < warm:
        return recipe.rate * (step + 1) / warm
    return recipe.rate * max(0.0, (recipe.steps - step) / max(1, recipe.steps - warm))


# data


@dataclass(frozen=True)
class Batch:
    """Token ids with some hidden, and where: `places` index the flattened ids, `targets` are what stood there."""

    ids: Tensor
    places: Tensor
    targets: Tensor


def batches(tokenizer: Tokenizer, recipe: Recipe, step: int) -> list[Batch]:
    """The batches of one step; the first holds the aligned texts (all first halves, then all second halves)."""
    rng = rng_for("pocket pretraining", recipe.version, recipe.seed, step)
    twice = [corpus.aligned(rng, LANGUAGES) for _ in range(recipe.aligned)]
    groups = [[corpus.Segments(one) for one, _ in twice] + [corpus.Segments(other) for _, other in twice]]
    rest = [corpus.related_pair(rng, LANGUAGES, recipe.same) for _ in range(recipe.pairs)]
    rest += [corpus.document(rng, LANGUAGES) for _ in range(recipe.documents)]
    rest.sort(key=lambda row: len(row.first) + len(row.second))
    half = len(rest) // 2
    groups += [rest[:half], rest[half:]]
    noise = torch.Generator().manual_seed(rng.getrandbits(62))
    return [_hide(_pad(tokenizer, group), recipe.masked, noise) for group in groups if group]


def _pad(tokenizer: Tokenizer, rows: Sequence[corpus.Segments]) -> Tensor:
    firsts = tokenizer.encode_batch([row.first for row in rows], add_special_tokens=False)
    seconds = tokenizer.encode_batch([row.second for row in rows], add_special_tokens=False)
    joined = [[START, *a.ids, END, *([END, *b.ids, END] if b.ids else [])] for a, b in zip(firsts, seconds)]
    width = min(POSITIONS, max(map(len, joined)))
    return torch.tensor([(ids + [PAD] * width)[:width] for ids in joined])


def _hide(ids: Tensor, share: float, noise: torch.Generator) -> Batch:
    chance = torch.rand(ids.shape, generator=noise)
    chosen = (ids >= SPECIALS) & (chance < share)
    targets = ids[chosen]
    dice = torch.rand(targets.shape, generator=noise)
    shown = torch.where(dice < 0.8, torch.full_like(targets, MASK), targets)
    other = targets[torch.randperm(len(targets), generator=noise)]
    shown = torch.where(dice > 0.93, other, shown)
    hidden = ids.masked_scatter(chosen, shown)
    return Batch(hidden, chosen.flatten().nonzero().squeeze(1), targets)


# learning


def train_step(
    model: XLMRobertaForMaskedLM, optimizer: torch.optim.Optimizer, tokenizer: Tokenizer, recipe: Recipe, step: int
) -> float:
    """One update; returns the loss over masked words."""
    for group in optimizer.param_groups:
        group["lr"] = rate_at(recipe, step)
    parts = batches(tokenizer, recipe, step)
    count = sum(len(part.targets) for part in parts)
    total = 0.0
    for at, part in enumerate(parts):
        words, contrast = losses(model, part, recipe, aligned=at == 0 and recipe.aligned > 0)
        (words / count + recipe.contrast * contrast).backward()  # type: ignore[no-untyped-call]
        total += float(words.detach()) / count
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return total


def losses(model: XLMRobertaForMaskedLM, part: Batch, recipe: Recipe, *, aligned: bool) -> tuple[Tensor, Tensor]:
    """Summed loss of the hidden words, and the contrastive loss of aligned texts (0 for others)."""
    mask = part.ids != PAD
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16 and _fast_bfloat16()):
        out = model.roberta(part.ids, attention_mask=mask, output_hidden_states=True)
        states = out.last_hidden_state.flatten(0, 1)[part.places]
        logits = model.lm_head(states)
    words = functional.cross_entropy(logits.float(), part.targets, reduction="sum")
    if not (aligned and recipe.contrast):
        return words, torch.zeros(())
    pooled = functional.normalize(pool(out.hidden_states[RETRIEVAL_LAYER].float(), mask), dim=1)
    one, other = pooled.chunk(2)
    similar = one @ other.T / recipe.temperature
    gold = torch.arange(len(one))
    return words, (functional.cross_entropy(similar, gold) + functional.cross_entropy(similar.T, gold)) / 2


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """[rows, length, hidden] to [rows, hidden]: the mean over tokens that are not padding."""
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1)


def _fast_bfloat16() -> bool:
    return bool(torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.ops.mkldnn._is_mkldnn_bf16_supported())


# checkpoints


def checkpoint(out: Path, recipe: Recipe, step: int, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Weights, optimizer and step, in one file that is either old or new, never half."""
    state = {
        "step": step,
        "recipe": digest(asdict(recipe)),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, out / "checkpoint.new")
    os.replace(out / "checkpoint.new", out / "checkpoint.pt")


def resume(out: Path, recipe: Recipe, model: nn.Module, optimizer: torch.optim.Optimizer, say: Say) -> int:
    """Load the checkpoint if there is one and return its step; raises InputError if another recipe made it."""
    path = out / "checkpoint.pt"
    if not path.is_file():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["recipe"] != digest(asdict(recipe)):
        raise InputError("a checkpoint of another recipe is in the way", where=str(path), do="Remove it, or choose another folder.")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    say(f"going on from {path}")
    return int(state["step"])


def save(model: XLMRobertaForMaskedLM, tokenizer: Tokenizer, out: Path) -> None:
    """The encoder as `from_pretrained` reads it, in float16, with its tokenizer."""
    from safetensors.torch import save_file

    config = model.config.to_dict()
    config.update(torch_dtype="float16", architectures=["XLMRobertaForMaskedLM"])
    model.config.from_dict(config).to_json_file(out / "config.json")
    skip = {"lm_head.decoder.weight", "lm_head.decoder.bias", "roberta.embeddings.position_ids"}
    state = {name: value.detach().half().contiguous() for name, value in model.state_dict().items() if name not in skip}
    save_file(state, out / "model.new", metadata={"format": "pt"})
    os.replace(out / "model.new", out / "model.safetensors")
    write(tokenizer, out)


def report(say: Say, step: int, loss: float, model: nn.Module, tokenizer: Tokenizer, seconds: float) -> None:
    """One line: loss and retrieval on a small sample."""
    from .measuring import retrieval

    model.eval()
    found = retrieval(model.roberta, tokenizer, rows=150, layers=(RETRIEVAL_LAYER,))  # type: ignore[arg-type]
    model.train()
    mean = sum(found[RETRIEVAL_LAYER].values()) / len(found[RETRIEVAL_LAYER])
    each = " ".join(f"{code} {value:.2f}" for code, value in found[RETRIEVAL_LAYER].items())
    say(f"step {step}  loss {loss:.3f}  retrieval {mean:.3f} ({each})  {seconds:.0f} s")
