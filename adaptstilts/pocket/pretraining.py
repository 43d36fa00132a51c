"""Pretraining of the pocket encoder: masked words over documents, translations and code-switched text, resumable at any step.

The data of a step is a function of (seed, step) alone, and a checkpoint holds weights, optimizer and step, so a run that was
killed ends in the same weights as one that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from adaptstilts.errors import InputError
from adaptstilts.ids import digest, rng_for
from adaptstilts.pocket import LANGUAGES, VERSION, corpus
from adaptstilts.pocket.tokenizer import POSITIONS, train, write

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import XLMRobertaForMaskedLM

Say = Callable[[str], None]
START, PAD, END, MASK, SPECIALS = 0, 1, 2, 4, 5
RETRIEVAL_LAYER = 3
GUESSED = 0.8


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, but for the machine's arithmetic.

    A step reads `pairs` rows of two segments, `documents` rows of one text, and `aligned` texts in two languages each, half of
    them the other half with a changed meaning. `contrast` weighs the term that draws translations together and keeps all
    else apart, `words` the same for each content word and its translation, in `word_layers` (0: masked words only).
    `sentences` of each language teach the tokenizer.
    """

    seed: int = 1
    steps: int = 5000
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    rate: float = 3e-3
    warmup: float = 0.06
    pairs: int = 30
    documents: int = 26
    aligned: int = 24
    same: float = 0.35
    contrast: float = 0.2
    temperature: float = 0.07
    words: float = 0.5
    word_layers: tuple[int, ...] = (2, 3)
    word_temperature: float = 0.1
    masked: float = 0.25
    bfloat16: bool = True
    sentences: int = 3000
    version: int = VERSION


def build(
    out: Path,
    *,
    seed: int = 1,
    steps: int = 5000,
    threads: int = 2,
    say: Say,
    every: int = 250,
    probe: int = 150,
    recipe: Recipe | None = None,
) -> Path:
    """Make tokenizer and encoder in `out`; go on from the last checkpoint there.

    Every `every` steps it says the loss and the retrieval among `probe` sentences, and writes a checkpoint. Raises
    InputError if the checkpoint in `out` is of another recipe.
    """
    torch.set_num_threads(threads)
    chosen = recipe or Recipe(seed=seed, steps=steps)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = train(chosen.sentences)
    model, optimizer = prepare(chosen, tokenizer.get_vocab_size())
    first = resume(out, chosen, model, optimizer, say)
    say(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {threads} threads, from step {first} of {chosen.steps}"
    )
    begun, total = time.monotonic(), 0.0
    for step in range(first, chosen.steps):
        total += train_step(model, optimizer, tokenizer, chosen, step)
        done = step + 1
        if done % every == 0 or done == chosen.steps:
            checkpoint(out, chosen, done, model, optimizer)
            report(say, done, total / ((done - 1) % every + 1), model, tokenizer, time.monotonic() - begun, probe)
            total = 0.0
    save(model, tokenizer, out)
    (out / "checkpoint.pt").unlink(missing_ok=True)
    return out


def prepare(recipe: Recipe, vocabulary: int) -> tuple[XLMRobertaForMaskedLM, torch.optim.AdamW]:
    """A fresh encoder with its optimizer."""
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    torch.manual_seed(recipe.seed)
    config = XLMRobertaConfig(  # type: ignore[no-untyped-call]
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
    model: XLMRobertaForMaskedLM = XLMRobertaForMaskedLM(config)  # type: ignore[no-untyped-call]
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
    """Token ids with some hidden, and where: `places` index the flattened ids, `targets` are what stood there.

    `rows` are the numbers of the rows in their step; rows below `2 * aligned` are translations of each other, i and i + 1.
    """

    ids: Tensor
    places: Tensor
    targets: Tensor
    rows: tuple[int, ...]
    words: tuple[Word, ...] = ()


Meaning = tuple[str, str]
"""A concept and its role in the sentence."""


@dataclass(frozen=True)
class Word:
    """A content word of an aligned row: the row's number, its tokens as indices into the flattened ids, what it means."""

    row: int
    tokens: tuple[int, ...]
    meaning: Meaning


def batches(tokenizer: Tokenizer, recipe: Recipe, step: int) -> list[Batch]:
    """The rows of one step, sorted by length and cut into batches of few padding tokens."""
    rng = rng_for("pocket pretraining", recipe.version, recipe.seed, step)
    twice = [pair for _ in range(recipe.aligned // 2) for pair in corpus.aligned(rng, LANGUAGES)]
    translations = [told for pair in twice for told in pair]
    rows = [corpus.Row(told.text) for told in translations]
    rows += [corpus.related_pair(rng, LANGUAGES, recipe.same) for _ in range(recipe.pairs)]
    rows += [corpus.document(rng, LANGUAGES) for _ in range(recipe.documents)]
    noise = torch.Generator().manual_seed(rng.getrandbits(62))
    ids, guesses = _encode(tokenizer, rows)
    spans = _word_spans(tokenizer, translations)
    made = []
    for numbers in _cut(ids):
        share = _pad(
            [[GUESSED if at in guesses[i] else recipe.masked for at in range(len(ids[i]))] for i in numbers], 0.0
        )
        batch = _hide(_pad([ids[i] for i in numbers], PAD), numbers, share, noise)
        made.append(replace(batch, words=_words_in(spans, numbers, batch.ids.shape[1])))
    return made


def _word_spans(tokenizer: Tokenizer, rows: Sequence[corpus.Told]) -> list[dict[Meaning, list[int]]]:
    """The tokens (counted without specials) of each content word; words that stand twice are left out."""
    found = []
    for told, encoded in zip(
        rows, tokenizer.encode_batch([t.text for t in rows], add_special_tokens=False), strict=True
    ):
        meanings = [meaning for _, _, meaning in told.words]
        spans = {
            meaning: [at for at, (_, last) in enumerate(encoded.offsets) if start < last <= end]
            for start, end, meaning in told.words
            if meanings.count(meaning) == 1
        }
        found.append({meaning: tokens for meaning, tokens in spans.items() if tokens})
    return found


def _words_in(spans: Sequence[dict[Meaning, list[int]]], rows: Sequence[int], width: int) -> tuple[Word, ...]:
    return tuple(
        Word(row, tuple(at * width + 1 + token for token in tokens), meaning)
        for at, row in enumerate(rows)
        if row < len(spans)
        for meaning, tokens in spans[row].items()
    )


def _encode(tokenizer: Tokenizer, rows: Sequence[corpus.Row]) -> tuple[list[list[int]], list[set[int]]]:
    """Token ids of each row, and the places of what is to be guessed."""
    firsts = tokenizer.encode_batch([row.first for row in rows], add_special_tokens=False)
    seconds = tokenizer.encode_batch([row.second for row in rows], add_special_tokens=False)
    ids, guesses = [], []
    for row, one, two in zip(rows, firsts, seconds, strict=True):
        joined = [START, *one.ids, END, *([END, *two.ids, END] if two.ids else [])]
        segment, start, end = row.guess
        offsets, skip = ((one.offsets, 1), (two.offsets, len(one.ids) + 3))[segment]
        guesses.append({skip + at for at, (a, b) in enumerate(offsets) if b > start and a < end})
        ids.append(joined[:POSITIONS])
    return ids, guesses


def _cut(rows: list[list[int]], parts: int = 3) -> list[tuple[int, ...]]:
    budget = sum(map(len, rows)) / parts
    groups: list[list[int]] = [[]]
    for number in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if groups[-1] and len(rows[number]) * (len(groups[-1]) + 1) > 1.15 * budget:
            groups.append([])
        groups[-1].append(number)
    return [tuple(group) for group in groups]


def _pad(rows: Sequence[Sequence[float]], filling: float) -> Tensor:
    """Sides are multiples of 8: kernels are compiled for each shape, so few shapes are fast shapes."""
    height, width = (-(-side // 8) * 8 for side in (len(rows), max(map(len, rows))))
    made = [[*row, *[filling] * (width - len(row))] for row in rows]
    return torch.tensor(made + [[filling] * width] * (height - len(rows)))


def _hide(ids: Tensor, rows: tuple[int, ...], share: Tensor, noise: torch.Generator) -> Batch:
    """Hide a share of the words: most behind <mask>, some behind another word, some not at all; 32, 64, 96 … of them."""
    places = ((ids >= SPECIALS) & (torch.rand(ids.shape, generator=noise) < share)).flatten().nonzero().squeeze(1)
    kept = torch.randperm(len(places), generator=noise)[: max(1, len(places) // 32) * 32]
    places = places[kept.sort().values]
    targets = ids.flatten()[places]
    dice = torch.rand(targets.shape, generator=noise)
    shown = torch.where(dice < 0.8, torch.full_like(targets, MASK), targets)
    other = targets[torch.randperm(len(targets), generator=noise)]
    hidden = ids.flatten().index_put((places,), torch.where(dice > 0.93, other, shown))
    return Batch(hidden.view_as(ids), places, targets, rows)


# learning


def train_step(
    model: XLMRobertaForMaskedLM, optimizer: torch.optim.Optimizer, tokenizer: Tokenizer, recipe: Recipe, step: int
) -> float:
    """One update; returns the loss over masked words."""
    for group in optimizer.param_groups:
        group["lr"] = rate_at(recipe, step)
    loss, words = losses(model, batches(tokenizer, recipe, step), recipe)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return words


def losses(model: XLMRobertaForMaskedLM, parts: Sequence[Batch], recipe: Recipe) -> tuple[Tensor, float]:
    """What to minimise, and the mean loss of the hidden words in it."""
    total = torch.zeros(())
    vectors: dict[int, Tensor] = {}
    meant: dict[tuple[int, Meaning], Tensor] = {}
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16 and _fast_bfloat16()):
        for part in parts:
            mask = part.ids != PAD
            out = model.roberta(part.ids, attention_mask=mask, output_hidden_states=True)
            logits = model.lm_head(out.last_hidden_state.flatten(0, 1)[part.places])
            total = total + functional.cross_entropy(logits.float(), part.targets, reduction="sum")
            if recipe.contrast:
                pooled = functional.normalize(pool(out.hidden_states[RETRIEVAL_LAYER].float(), mask), dim=1)
                meant.update(_word_vectors(out.hidden_states, part.words, recipe))
                vectors.update(zip(part.rows, pooled[: len(part.rows)], strict=True))
    words = total / sum(len(part.targets) for part in parts)
    if not (recipe.contrast and recipe.aligned):
        return words, float(words.detach())
    drawn = recipe.contrast * _contrast(vectors, recipe) + recipe.words * _word_contrast(meant, recipe)
    return words + drawn, float(words.detach())


def _word_vectors(states: Sequence[Tensor], words: Sequence[Word], recipe: Recipe) -> dict[tuple[int, Meaning], Tensor]:
    """[layers, hidden] for each content word: the mean over its tokens, of length one."""
    if not words:
        return {}
    flat = torch.stack([states[layer].float().flatten(0, 1) for layer in recipe.word_layers])
    tokens = torch.tensor([token for word in words for token in word.tokens])
    owner = torch.tensor([at for at, word in enumerate(words) for _ in word.tokens])
    sums = torch.zeros(len(recipe.word_layers), len(words), flat.shape[-1]).index_add(1, owner, flat[:, tokens])
    unit = functional.normalize(sums, dim=-1)
    return {(word.row, word.meaning): unit[:, at] for at, word in enumerate(words)}


def _word_contrast(meant: dict[tuple[int, Meaning], Tensor], recipe: Recipe) -> Tensor:
    """How far a word is from finding its translation among all content words of the step (InfoNCE, both ways).

    The same concept in the same role elsewhere in the step is neither right nor wrong, and is left out.
    """
    both = [(row, meaning) for row, meaning in meant if row % 2 == 0 and (row + 1, meaning) in meant]
    if not both:
        return torch.zeros(())
    one = torch.stack([meant[key] for key in both], 1)
    other = torch.stack([meant[row + 1, meaning] for row, meaning in both], 1)
    kinds = {meaning: at for at, meaning in enumerate(sorted({meaning for _, meaning in both}))}
    sorts = torch.tensor([kinds[meaning] for _, meaning in both])
    same = (sorts[:, None] == sorts[None, :]) & ~torch.eye(len(both), dtype=torch.bool)
    similar = (one @ other.transpose(1, 2) / recipe.word_temperature).masked_fill(same, -1e4)
    gold = torch.arange(len(both)).expand(len(similar), -1)
    return (functional.cross_entropy(similar, gold) + functional.cross_entropy(similar.transpose(1, 2), gold)) / 2


def _contrast(vectors: dict[int, Tensor], recipe: Recipe) -> Tensor:
    """How far translations are from being each other's nearest among the step's aligned texts (InfoNCE, both ways)."""
    one = torch.stack([vectors[2 * i] for i in range(recipe.aligned)])
    other = torch.stack([vectors[2 * i + 1] for i in range(recipe.aligned)])
    similar = one @ other.T / recipe.temperature
    gold = torch.arange(recipe.aligned)
    return (functional.cross_entropy(similar, gold) + functional.cross_entropy(similar.T, gold)) / 2


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """[rows, length, hidden] to [rows, hidden]: the mean over tokens that are not padding."""
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1)


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
    (out / "checkpoint.new").replace(out / "checkpoint.pt")


def resume(out: Path, recipe: Recipe, model: nn.Module, optimizer: torch.optim.Optimizer, say: Say) -> int:
    """Load the checkpoint if there is one and return its step; raises InputError if another recipe made it."""
    path = out / "checkpoint.pt"
    if not path.is_file():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["recipe"] != digest(asdict(recipe)):
        raise InputError(
            "a checkpoint of another recipe is in the way", where=str(path), do="Remove it, or choose another folder."
        )
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
    skip = {"lm_head.decoder.weight", "roberta.embeddings.position_ids"}
    state = {name: value.detach().half().clone() for name, value in model.state_dict().items() if name not in skip}
    save_file(state, out / "model.new", metadata={"format": "pt"})
    (out / "model.new").replace(out / "model.safetensors")
    write(tokenizer, out)


def report(say: Say, step: int, loss: float, model: nn.Module, tokenizer: Tokenizer, seconds: float, rows: int) -> None:
    """One line: loss and retrieval on a small sample."""
    from adaptstilts.pocket.measure import retrieval

    model.eval()
    found = retrieval(model.roberta, tokenizer, rows=rows, layers=(RETRIEVAL_LAYER,))
    model.train()
    mean = sum(found[RETRIEVAL_LAYER].values()) / len(found[RETRIEVAL_LAYER])
    each = " ".join(f"{code} {value:.2f}" for code, value in found[RETRIEVAL_LAYER].items())
    say(f"step {step}  loss {loss:.3f}  retrieval {mean:.3f} ({each})  {seconds:.0f} s")
