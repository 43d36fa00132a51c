"""Building the pocket encoder: text, tokenizer, pretraining; resumable at any step, and the same to the bit if it was killed.

It has a loop of its own, for the one of this room (`training/loop.py`) trains an assembly's heads on stored encodings, whose
loss is a mean over examples. Here the rows of a step are generated for it, and its loss draws on all of them at once:
translations are told apart from everything else in the step, over several passes of the encoder, so there is one backward pass.
Its Adam (second moment 0.98, decay on every tensor) and its rounding of the warm-up decide the bits of the shipped encoder.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from adaptstilts.errors import InputError
from adaptstilts.files import replacing
from adaptstilts.ids import digest
from adaptstilts.listeners import Speaker
from adaptstilts.models.language_model import fresh_language_model, save_language_model
from adaptstilts.pocket import tokenizer
from adaptstilts.training.pretraining.masked_rows import masked_rows
from adaptstilts.training.pretraining.objective import losses
from adaptstilts.training.pretraining.recipe import EncoderRecipe
from adaptstilts.training.pretraining.retrieval import RETRIEVAL_LAYER, retrieval

log = Speaker(__name__)

CHECKPOINT = "checkpoint.pt"


def build(out: Path, recipe: EncoderRecipe, *, threads: int, every: int = 250, probe: int = 150) -> None:
    """Make tokenizer and encoder in `out`; go on from the last checkpoint there.

    Every `every` steps it says the loss and the retrieval among `probe` sentences, and writes a checkpoint. Raises
    InputError if the checkpoint in `out` is of another recipe.
    """
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    run = _Pretraining(out, recipe)
    if run.resumed():
        log.info(f"going on from {out / CHECKPOINT}")
    size = sum(p.numel() for p in run.model.parameters())
    log.info(f"{size:,} parameters, {threads} threads, from step {run.done} of {recipe.steps}")
    begun, losses_since = time.monotonic(), list[float]()
    while run.done < recipe.steps:
        losses_since.append(run.step())
        if run.done % every == 0 or run.done == recipe.steps:
            run.keep()
            loss = sum(losses_since) / len(losses_since)
            seconds = time.monotonic() - begun
            log.info(f"step {run.done}  loss {loss:.3f}  {run.aligned(probe)}  {seconds:.0f} s")
            losses_since.clear()
    save_language_model(run.model, out)
    tokenizer.write(run.tokenizer, out)
    (out / CHECKPOINT).unlink(missing_ok=True)


class _Pretraining:
    """One run: model, optimizer, tokenizer, and how many steps are done."""

    def __init__(self, out: Path, recipe: EncoderRecipe) -> None:
        self.out, self.recipe, self.done = out, recipe, 0
        self.tokenizer = tokenizer.train(recipe.sentences)
        self.model = fresh_language_model(
            vocabulary=self.tokenizer.get_vocab_size(),
            hidden=recipe.hidden,
            layers=recipe.layers,
            heads=recipe.heads,
            positions=tokenizer.POSITIONS,
            seed=recipe.seed,
        )
        opened = self.model.parameters()
        self.optimizer = torch.optim.AdamW(opened, recipe.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)

    def step(self) -> float:
        """One update; returns the loss over masked words."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate_at(self.done)
        loss, words = losses(self.model, masked_rows(self.tokenizer, self.recipe, self.done), self.recipe)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.done += 1
        return words

    def keep(self) -> None:
        """Weights, optimizer and step, in one file that is either old or new, never half."""
        mark, weights = digest(asdict(self.recipe)), self.model.state_dict()
        state = {"step": self.done, "recipe": mark, "model": weights, "optimizer": self.optimizer.state_dict()}
        with replacing(self.out / CHECKPOINT) as beside:
            torch.save(state, beside)

    def resumed(self) -> bool:
        """Go on from the checkpoint if there is one; raises InputError if another recipe made it."""
        path = self.out / CHECKPOINT
        if not path.is_file():
            return False
        state: dict[str, Any] = torch.load(path, weights_only=True)
        if state["recipe"] != digest(asdict(self.recipe)):
            do = "Remove it, or choose another folder."
            raise InputError("a checkpoint of another recipe is in the way", where=str(path), do=do)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.done = int(state["step"])
        return True

    def aligned(self, rows: int) -> str:
        """How well translations find each other among so many sentences, in words."""
        self.model.train(False)
        found = retrieval(self.model.roberta, self.tokenizer, rows=rows, layers=(RETRIEVAL_LAYER,))[RETRIEVAL_LAYER]
        self.model.train()
        each = " ".join(f"{code} {value:.2f}" for code, value in found.items())
        return f"retrieval {sum(found.values()) / len(found):.3f} ({each})"
