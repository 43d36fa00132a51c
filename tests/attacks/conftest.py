"""Trained pocket models of every kind, made in a moment: the shipped encoder under a shipped adapter and its own head."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import pytest
import torch

from adaptstilts.attacks import Scene
from adaptstilts.attacks.model_input import given_to_model, told_apart
from adaptstilts.attacks.text.inventory import words_of_rows
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.models.assembly import assemble
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.heads import load_head
from adaptstilts.models.whitebox.gradients import Gradients
from adaptstilts.settings import AdapterSettings, BackboneSettings
from adaptstilts.tasks import TASKS
from adaptstilts.training.prediction import Oracle, predict
from tests.shipped import pocket_adapter

torch.set_num_threads(1)


@dataclass
class Patient:
    """A model, rows that it may be asked about, and both ways of asking."""

    task: Any
    kind: Any
    assembly: Any
    rows: list
    limits: Limits

    @property
    def tokenizer(self):
        return self.assembly.backbone.tokenizer

    @cached_property
    def tokens(self):
        return KeptTokens.of(self.tokenizer)

    def oracle(self, rows=None):
        pool = self.kind.rivals(self.rows if rows is None else rows)
        return Oracle(self.assembly, self.kind, self.task, self.tokens, self.limits, pool=pool)

    def box(self, rows=None):
        return Gradients(self.oracle(rows))

    def predictions(self, rows, pool=()):
        asked = [*rows, *self.kind.rivals(pool)]
        encodings = self.kind.encode(asked, self.task, self.tokenizer, self.limits)
        return self.kind.decode(asked, self.task, encodings, predict(self.assembly, encodings))[: len(rows)]

    def scene(self, severity=0.1, **more):
        def given(asked):
            return given_to_model(asked, self.kind, self.task, self.tokens, self.limits)

        words = words_of_rows(self.rows, self.kind, self.task)
        options = {"words": words, "mask": self.tokenizer.mask_token, "given": given, **more}
        return Scene(self.task, self.kind, "en", 0, severity, told_apart(self.tokens), **options)


TASK_OF = {"pair": "mnli", "choice": "hellaswag", "span": "squad", "tagging": "ccg", "retrieval": "tatoeba"}


@cache
def _backbone():
    return open_backbone(BackboneSettings("pocket"))


@cache
def _patient(name, rows, max_length):
    where = source_of("pocket")
    task = facts_for(TASKS.get(name), where)
    kind, learns = kind_of(task.kind), task.role == "intermediate"
    folders = pocket_adapter(name)
    made = assemble(
        _backbone(),
        block=name if learns else None,
        adapters=folders,
        trains=(),
        shape=AdapterSettings("seq_bn", 2),
        head=kind.head(task),
        head_name=name,
        seed=0,
    )
    if learns:
        load_head(made.model, name, folders[name])
    language = "en" if learns else next(code for code in where.languages(task) if code != "en")
    found = load(task, "dev" if learns else "test", language, where, rows)
    return Patient(task, kind, made, list(found.rows), Limits(max_length, 16))


@pytest.fixture(scope="session")
def patient():
    """A trained pocket model by the name of its kind, or of a task; retrieval's has nothing to learn."""
    return lambda kind, rows=40, max_length=128: _patient(TASK_OF.get(kind, kind), rows, max_length)
