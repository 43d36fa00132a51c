"""Early stopping: when it ends, what it keeps, and that a stopped run goes on to the same end."""

import os
import signal

import pytest
import torch

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.errors import InputError, Interrupted
from adaptstilts.progress import Silent
from adaptstilts.settings import Recipe
from adaptstilts.training.checkpoint import Position, set_weights
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

RECIPE = Recipe(steps=40, rate=2e-2, batch=8, patience=2, evaluate_every=3)


def weights(assembly):
    return {name: p.detach().clone() for name, p in assembly.named_trainable()}


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_ends_when_patience_does_and_keeps_the_best(lab):
    made, seen = lab.assemble("xlm-roberta", TARGET), []
    scores = iter([0.2, 0.5, 0.5, 0.4])

    def held_out():
        made.eval()  # as predicting does
        seen.append(weights(made))
        return next(scores)

    report = train(made, lab.encodings(40), RECIPE, seed=0, held_out=held_out)
    assert report.steps == 12 and report.held_out == ((3, 0.2), (6, 0.5), (9, 0.5), (12, 0.4)) and report.kept == 6
    assert same(weights(made), seen[1]) and not same(seen[1], seen[2])
    assert report.plain()["kept"] == 6
    assert not made.training


def test_it_scores_at_the_end_too_and_keeps_the_last_if_that_is_best(lab):
    scores = iter([0.1, 0.2, 0.3])
    made = lab.assemble("xlm-roberta", TARGET)
    recipe = Recipe(steps=8, rate=2e-2, batch=8, patience=5, evaluate_every=3)
    report = train(made, lab.encodings(40), recipe, seed=0, held_out=lambda: next(scores))
    assert [step for step, _ in report.held_out] == [3, 6, 8] and (report.steps, report.kept) == (8, 8)
    plain = lab.assemble("xlm-roberta", TARGET)
    train(plain, lab.encodings(40), Recipe(steps=8, rate=2e-2, batch=8), seed=0)
    assert same(weights(made), weights(plain)), "looking at held-out rows changes nothing"


class Stops(Silent):
    def __init__(self, after):
        self.left = after

    def advance(self, n=1, note=""):
        self.left -= n
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("after", [2, 9, 13])
def test_a_stopped_run_ends_like_one_that_was_not(lab, tmp_path, after):
    """The score is how near one tensor comes to what it was after step 9."""

    def score_of(made):
        first = next(iter(made.part("head").values()))
        return lambda: float(-(first.detach() - target).square().sum())

    probe = lab.assemble("xlm-roberta", TARGET)
    found = []
    target = torch.zeros(())

    def at_nine():
        found.append(next(iter(probe.part("head").values())).detach().clone())
        return 0.0

    train(probe, lab.encodings(40), RECIPE, seed=0, held_out=at_nine)
    target = found[2]
    whole, part, rest = (lab.assemble("xlm-roberta", TARGET) for _ in range(3))
    expected = train(whole, lab.encodings(40), RECIPE, seed=0, held_out=score_of(whole))
    assert (expected.kept, expected.steps) == (9, 15)
    with pytest.raises(Interrupted):
        stop = Stops(after)
        train(
            part, lab.encodings(40), RECIPE, seed=0, held_out=score_of(part), checkpoint=tmp_path, progress=stop,
        )  # fmt: skip
    report = train(rest, lab.encodings(40), RECIPE, seed=0, held_out=score_of(rest), checkpoint=tmp_path)
    assert report.resumed_at == after
    assert (report.held_out, report.kept, report.loss) == (expected.held_out, expected.kept, expected.loss)
    assert same(weights(rest), weights(whole))


def test_what_is_scored_are_the_weights_of_that_step(lab):
    """Fusion's folded matrices, which prediction keeps, are made anew when training has changed the weights."""
    fuse = Stacked((Fused(("mnli", "squad")), TARGET))
    made = lab.assemble("xlm-roberta", fuse)
    encodings, looks = lab.encodings(24), []

    def held_out():
        fresh = lab.assemble("xlm-roberta", fuse)
        set_weights(fresh, weights(made))
        found = zip(predict(made, encodings), predict(fresh, encodings), strict=True)
        looks.append(all((one == two).all() for one, two in found))
        return len(looks)

    recipe = Recipe(steps=6, rate=2e-2, fusion_rate=2e-2, batch=8, patience=9, evaluate_every=2)
    train(made, encodings, recipe, seed=0, held_out=held_out)
    assert looks == [True] * 3


def test_without_patience_nobody_is_asked(lab):
    made = lab.assemble("xlm-roberta", TARGET)
    report = train(made, lab.encodings(8), Recipe(steps=2), seed=0, held_out=lambda: 1 / 0)
    assert report.held_out == () and "held_out" not in report.plain()


def test_what_cannot_stop_early_is_refused(lab):
    made = lab.assemble("xlm-roberta", TARGET)
    with pytest.raises(InputError, match="nothing to score"):
        train(made, lab.encodings(8), RECIPE, seed=0)
    with pytest.raises(InputError, match="score on held-out rows is nan after step 3"):
        train(made, lab.encodings(8), RECIPE, seed=0, held_out=lambda: float("nan"))


def test_patience_counts_looks_since_the_best():
    at = Position(scores=[(3, 0.5), (6, 0.5), (9, 0.4)])
    assert at.best == 0 and at.lost(2) and not at.lost(3) and not at.lost(None) and not Position().lost(1)
