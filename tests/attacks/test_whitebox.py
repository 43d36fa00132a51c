"""White-box victims against what they must agree with: the kinds' own margins, finite differences, leave-one-out, noise."""

import dataclasses
from random import Random

import numpy as np
import pytest
import torch

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.algorithms.candidates import candidates
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.edits.board import Board
from adaptstilts.models.whitebox.gradients import Gradients
from adaptstilts.models.whitebox.open_model import freeze
from adaptstilts.rows import RetrievalRow

KINDS = ["pair", "choice", "span", "squad2", "tagging", "retrieval"]


@pytest.mark.parametrize("kind", KINDS)
def test_margins_are_those_that_the_kind_decodes(patient, kind):
    model = patient(kind, 24, 64 if kind == "span" else 128)  # 64: passages of several windows
    margins, slopes = model.box().gradients(model.rows)
    expected = [said.margin for said in model.predictions(model.rows, model.rows)]
    np.testing.assert_allclose(margins, expected, rtol=1e-5, atol=1e-5)
    assert all(max(np.abs(values).max() for values in found) > 0 for found in slopes)


def outputs_of(model, noise=0.0):
    encodings = model.kind.encode(model.rows, model.task, model.tokenizer, model.limits)
    found = model.box().plain_outputs(encodings)
    draw = np.random.default_rng(5)
    return encodings, [(o + noise * draw.standard_normal(o.shape)).astype(np.float32) for o in found]


@pytest.mark.parametrize("kind", ["pair", "choice", "span", "squad2", "tagging"])
def test_margins_agree_on_any_outputs(patient, kind):
    """Noise drives spans, rivals and no-answers into every corner that a trained model leaves alone."""
    model = patient(kind, 24, 64 if kind == "span" else 128)
    seen = []
    for noise in (1.0, 30.0):
        encodings, outputs = outputs_of(model, noise)
        expected = [said.margin for said in model.kind.decode(model.rows, model.task, encodings, outputs)]
        tensors = [torch.tensor(values) for values in outputs]
        found = model.kind.leads(model.rows, model.task, encodings, tensors, None)
        np.testing.assert_allclose([float(m) for m in found], expected, rtol=1e-5, atol=1e-5)
        seen += expected
    assert min(seen) < 0 < max(seen)


def test_merged_labels_count_by_their_added_probabilities(patient):
    model = patient("pair", 24)
    two = dataclasses.replace(model.task, labels=("yes", "no"), options={"merge": ((0,), (1, 2))})
    rows = [dataclasses.replace(row, label=min(row.label, 1)) for row in model.rows]
    encodings, outputs = outputs_of(model)
    expected = [said.margin for said in model.kind.decode(rows, two, encodings, outputs)]
    found = model.kind.leads(rows, two, encodings, [torch.tensor(o) for o in outputs], None)
    np.testing.assert_allclose([float(m) for m in found], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("search", ["match", "mine", "rank"])
def test_every_way_of_retrieval_has_its_margin(patient, search):
    model = patient("retrieval", 24)
    task = dataclasses.replace(model.task, options={**model.task.options, "search": search})
    keyed = [
        RetrievalRow(r.id, r.language, r.source, r.query, r.candidate, f"k{r.id}", (f"k{r.id}",)) for r in model.rows
    ]
    rows = model.rows if search == "match" else keyed
    encodings = model.kind.encode(rows, task, model.tokenizer, model.limits)
    outputs = model.box().plain_outputs(encodings)
    expected = [said.margin for said in model.kind.decode(rows, task, encodings, outputs)]
    queries = [(e, o) for e, o in zip(encodings, outputs, strict=True) if e.notes == "query"]
    frozen = freeze(rows, encodings, outputs)
    vectors = [torch.tensor(o) for _, o in queries]
    found = model.kind.leads(rows, task, [e for e, _ in queries], vectors, frozen)
    np.testing.assert_allclose([float(m) for m in found], expected, rtol=1e-5, atol=1e-5)


class Double:
    """An oracle's surroundings on a model in float64."""

    def __init__(self, model, assembly):
        self.assembly, self.kind, self.facts = assembly, model.kind, model.task
        self.tokenizer, self.limits = model.tokenizer, model.limits
        self.pool = model.kind.rivals(model.rows)

    def encode(self, rows):
        return self.kind.encode(rows, self.facts, self.tokenizer, self.limits)


@pytest.mark.parametrize("kind", ["pair", "choice", "span", "tagging", "retrieval"])
def test_gradients_are_those_of_finite_differences(patient, doubled, kind):
    model = patient(kind, 12)
    box = Gradients(Double(model, doubled(model)))
    row = model.rows[0]
    (_, (slopes,)) = box.gradients([row])
    encodings = [dataclasses.replace(e, row=0) for e in box.encodings([row])[0]]
    batch = box.assembly.collate(encodings)
    draw = torch.Generator().manual_seed(3)
    for _ in range(3):
        direction = torch.randn(box.shift(batch).shape, generator=draw, dtype=torch.float64)
        step = 1e-6
        ends = []
        for sign in (1, -1):
            outputs = box.outputs(batch, encodings, box.shift(batch).detach() + sign * step * direction)
            ends.append(float(box.leads([row], encodings, outputs)[0].detach()))
        told = sum(float((s * d[: len(s)].numpy()).sum()) for s, d in zip(slopes, direction, strict=True))
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(told, rel=1e-4, abs=1e-7)


@pytest.fixture
def doubled():
    """The same assembly in float64, on a backbone of its own."""
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.door.open import open_backbone
    from adaptstilts.models.heads import load_head
    from adaptstilts.settings import AdapterSettings, BackboneSettings
    from tests.shipped import pocket_adapter

    def make(model):
        backbone = open_backbone(BackboneSettings("pocket"))
        name, learns = model.task.name, model.task.role == "intermediate"
        folders = pocket_adapter(name)
        made = assemble(
            backbone,
            block=name if learns else None,
            adapters=folders,
            trains=(),
            shape=AdapterSettings("seq_bn", 2),
            head=model.kind.head(model.task),
            head_name=name,
            seed=0,
        )
        if learns:
            load_head(made.model, name, folders[name])
        return made.double()

    return make


def test_a_leaning_is_exact_to_first_order(patient):
    """The slope towards a variant with as many tokens is the derivative on the way to its embeddings."""
    model = patient("pair", 12)
    box, rng = model.box(), Random(0)
    weight, same = box.words.weight.detach(), 0
    for row in model.rows:
        board = Board(row, model.scene(), tiled=True)
        variants = [board.row_with(steps) for unit in board.units for steps in candidates(board, unit, [], rng)]
        (before,) = box.encodings([row])[0]
        for variant, lean in zip(variants, box.leanings([(row, variants)])[0], strict=True):
            (after,) = box.encodings([variant])[0]
            if len(before.ids) == len(after.ids):
                way = weight[torch.tensor(after.ids)] - weight[torch.tensor(before.ids)]
                batch, ends = box.assembly.collate([before]), []
                for sign in (1, -1):
                    outputs = box.outputs(batch, [before], box.shift(batch).detach() + sign * 1e-3 * way)
                    ends.append(float(box.leads([row], [before], outputs)[0].detach()))
                assert lean.slope == pytest.approx((ends[0] - ends[1]) / 2e-3, rel=0.05, abs=0.05)
                assert lean.weight > 0
                same += 1
    assert same >= 10


def ranks(values):
    order = np.argsort(values, kind="stable")
    found = np.empty(len(values))
    found[order] = np.arange(len(values))
    return found


def saliency_correlation(model):
    """The mean over rows of Spearman's rho between a word's gradient norm and what its loss does to the margin."""
    box, scene, found = model.box(), model.scene(), []
    for row in model.rows:
        board = Board(row, scene, tiled=True, choices=False)
        if len(board.units) < 4:
            continue
        without = [board.masked(unit) for unit in board.units]
        weights = [lean.weight for lean in box.leanings([(row, without)])[0]]
        clean, *masked = box.margins([row, *without])
        effects = [abs(clean - margin) for margin in masked]
        found.append(np.corrcoef(ranks(weights), ranks(effects))[0, 1])
    assert len(found) >= 10
    return float(np.mean(found))


def test_saliency_ranks_words_as_leaving_them_out_does(patient):
    assert saliency_correlation(patient("span", 24)) >= 0.5


@pytest.mark.parametrize("kind", ["pair", "span", "tagging", "retrieval"])
def test_descent_beats_noise_of_the_same_norm_five_times(patient, kind):
    model = patient(kind, 8)
    clean = model.oracle().margins(model.rows)
    drops = {}
    for name in ("pgd", "gaussian"):
        found = attack_rows(ATTACKS.get(name), model.rows, model.scene(0.2), model.box(), 22)
        after = [a.prediction.margin if a.prediction else c for a, c in zip(found, clean, strict=True)]
        drops[name] = np.mean([c - m for c, m in zip(clean, after, strict=True)])
    assert drops["pgd"] >= 5 * abs(drops["gaussian"]) and drops["pgd"] > 0


@pytest.mark.parametrize("kind", ["pair", "retrieval"])
def test_a_larger_ball_is_never_safer_and_a_huge_one_takes_all(patient, kind):
    model = patient(kind, 8)
    fooled = []
    for radius in (0.05, 0.1, 0.2, 0.5, 1.0, 10.0):
        found = attack_rows(ATTACKS.get("pgd"), model.rows, model.scene(radius), model.box(), 22)
        fooled.append(
            sum(a.outcome == "wrong" or (a.prediction is not None and a.prediction.margin < 0) for a in found)
        )
        assert all(a.row == row and a.edits == 0 and a.queries <= 22 for a, row in zip(found, model.rows, strict=True))
    assert fooled == sorted(fooled) and fooled[-1] == len(model.rows)


def test_a_larger_budget_of_passes_never_leaves_a_higher_margin(patient):
    model = patient("pair", 6)
    before = model.oracle().margins(model.rows)
    for budget in (1, 2, 8, 22, 30):
        found = attack_rows(ATTACKS.get("pgd"), model.rows, model.scene(0.1), model.box(), budget)
        now = [a.prediction.margin if a.prediction else m for a, m in zip(found, before, strict=True)]
        assert all(a.queries <= budget for a in found)
        assert all(new <= old + 1e-4 for new, old in zip(now, before, strict=True))
        before = now


class Ball(Gradients):
    """Keeps every shift that a model was given."""

    def __init__(self, oracle):
        super().__init__(oracle)
        self.shifts = []

    def outputs(self, batch, encodings, shift):
        self.shifts.append((encodings, shift.detach().clone()))
        return super().outputs(batch, encodings, shift)


def test_shifts_stay_in_the_ball_and_off_specials_answers_and_padding(patient):
    model = patient("span", 8, 64)
    box = Ball(model.oracle())
    rngs = [Random(i) for i in range(len(model.rows))]
    box.descend(model.rows, 0.3, rngs, steps=3, restarts=2, budget=50)
    widest = 0.0
    for encodings, shift in box.shifts:
        squares = shift.square().sum((1, 2))
        for i in {e.row for e in encodings}:
            total = sum(float(squares[j]) for j, e in enumerate(encodings) if e.row == i) ** 0.5
            assert total <= 0.3 * box.unit * (1 + 1e-5)
            widest = max(widest, total)
        for e, values in zip(encodings, shift, strict=True):
            touched = values.abs().sum(1) > 0
            assert not touched[len(e.ids) :].any() and not touched[0] and not touched[len(e.ids) - 1]
            if e.target != (0, 0):
                assert not touched[e.target[0] : e.target[1] + 1].any()
    assert widest == pytest.approx(0.3 * box.unit, rel=1e-4)


def test_what_stands_before_a_query_stays_as_it_is(patient):
    model = patient("retrieval", 4)
    word = model.rows[0].query.split()[0]
    bare = model.box()
    model.task = dataclasses.replace(model.task, options={**model.task.options, "query_prefix": f"{word} "})
    box = model.box()
    count = len(model.tokens([word], add_special_tokens=False)["input_ids"][0])
    for row in model.rows:
        before, after = (
            next(e for e in model.kind.encode([row], each.facts, model.tokens, model.limits) if e.notes == "query")
            for each in (bare, box)
        )
        free = box.content(row, after)
        assert free[: 1 + count] == [False] * (1 + count)
        assert free[1 + count :] == bare.content(row, before)[1:]


def test_batches_of_rows_change_no_descent(patient):
    model = patient("pair", 6)
    pgd = ATTACKS.get("pgd")
    whole = attack_rows(pgd, model.rows, model.scene(0.05), model.box(), 12)
    parts = [a for row in model.rows for a in attack_rows(pgd, [row], model.scene(0.05), model.box(), 12)]
    for one, other in zip(whole, parts, strict=True):
        assert one.outcome == other.outcome
        if one.prediction:
            assert one.prediction.margin == pytest.approx(other.prediction.margin, abs=0.05)


def test_a_white_box_runs_in_float32_without_dropout(patient):
    model = patient("pair", 4)
    box = model.box()
    model.assembly.train()
    model.assembly._autocasts = True
    try:
        first, _ = box.gradients(model.rows)
        assert not model.assembly.training and model.assembly._autocasts
    finally:
        model.assembly._autocasts = False
    assert first == box.gradients(model.rows)[0]


def test_a_black_box_is_not_enough_for_gradients(patient):
    from adaptstilts.errors import InputError

    model = patient("pair", 4)
    with pytest.raises(InputError, match="reads gradients"):
        attack_rows(ATTACKS.get("gradient"), model.rows, model.scene(), model.oracle(), 10)
