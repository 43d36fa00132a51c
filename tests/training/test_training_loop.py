"""The loop: learns, touches only what is open, follows the textbook update, and survives being stopped or killed."""

import copy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.errors import InputError, Interrupted
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.progress import Silent
from adaptstilts.settings import Recipe
from adaptstilts.training.batches import pools
from adaptstilts.training.loop import train
from adaptstilts.training.optimizer import schedule

FUSE = Stacked((Fused(("mnli", "squad")), TARGET))
RECIPE = Recipe(steps=12, rate=5e-3, fusion_rate=1e-3, batch=8)


def weights(assembly):
    return {name: parameter.detach().clone() for name, parameter in assembly.model.named_parameters()}


class Asks(Silent):
    """Does something to this process after a number of steps."""

    def __init__(self, after, act):
        self.left, self.act = after, act

    def advance(self, n=1, note=""):
        self.left -= n
        if self.left == 0:
            self.act()


def test_it_learns(lab):
    encodings = lab.encodings(96, target=lambda i, ids: int(ids[1] > 34))
    made = lab.assemble("xlm-roberta", FUSE)
    report = train(made, encodings, Recipe(epochs=6, rate=1e-2, fusion_rate=1e-3, batch=16), seed=3)
    assert report.steps == 36 and report.rows == 6 * 96
    assert report.tokens == 6 * sum(len(e.ids) for e in encodings)
    assert report.loss[-1][1] < 0.5 * report.loss[0][1]
    assert len(report.loss) == 36 and report.loss[-1][0] == 36
    assert report.peak_memory > 50e6 and report.tokens_per_second > 0
    json.dumps(report.plain())
    assert not made.training


@pytest.mark.parametrize("trains", [("head",), ("fusion", "head"), ("target_adapter", "head")])
def test_only_open_tensors_move(lab, trains):
    made = lab.assemble("bert", FUSE, trains=trains)
    before = weights(made)
    opened = {name for name, _ in made.named_trainable()}
    train(made, lab.encodings(24, model_type="bert"), RECIPE, seed=0)
    for name, tensor in weights(made).items():
        assert torch.equal(tensor, before[name]) != (name in opened), name
    assert all(p.grad is None for p in made.parameters())


def test_steps_equal_a_plain_loop(lab):
    """AdamW with two rates and decay on matrices, clipping, warm-up and fall, fusion's penalty from `adapters`."""
    encodings = lab.encodings(20)
    recipe = Recipe(steps=7, rate=5e-3, fusion_rate=1e-3, batch=8, warmup=0.3, weight_decay=0.1, clip=0.5)
    ours, plain = lab.assemble("xlm-roberta", FUSE), lab.assemble("xlm-roberta", FUSE)
    for made in (ours, plain):
        for module in made.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        for layer in made.model.base_model.encoder.layer:
            layer.attention.self.dropout_prob = 0.0
    train(ours, encodings, recipe, seed=4)
    plain.train()
    groups = {}
    for name, parameter in plain.named_trainable():
        key = (1e-3 if ".adapter_fusion_layer." in name else 5e-3, 0.1 if parameter.ndim > 1 else 0.0)
        groups.setdefault(key, []).append(parameter)
    optimizer = torch.optim.AdamW([{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()])
    peaks = [group["lr"] for group in optimizer.param_groups]
    batches = [b for epoch in range(3) for b in pools([len(e.ids) for e in encodings], 8, 4, epoch)]
    expected_shares = [0.5, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2]
    for batch, share in zip(batches, expected_shares, strict=False):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * share
        tensors = plain.collate([encodings[i] for i in batch], targets=True)
        loss = torch.nn.functional.cross_entropy(plain(tensors), tensors.targets)
        (loss + plain.model.base_model.get_fusion_regularization_loss()).backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in plain.named_trainable()], 0.5)
        optimizer.step()
        optimizer.zero_grad()
    for name, parameter in plain.named_trainable():
        if name.endswith(".key.bias"):
            continue  # it shifts all scores alike, so its gradient is rounding error, which AdamW blows up
        torch.testing.assert_close(dict(ours.named_trainable())[name], parameter, atol=2e-5, rtol=1e-3, msg=name)


def test_the_schedule_rises_and_falls():
    # the first step already moves; from the peak on as in transformers' get_linear_schedule_with_warmup
    shares = [schedule(step, 7, 0.3) for step in range(7)]
    assert shares == pytest.approx([0.5, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2])
    assert [schedule(step, 4, 0.0) for step in range(4)] == pytest.approx([1.0, 0.75, 0.5, 0.25])


def test_choices_of_a_row_stay_together(lab):
    rows = [Encoding(i // 4, e.ids, (i // 4) % 4) for i, e in enumerate(lab.encodings(40))]
    made = lab.assemble("xlm-roberta", TARGET, head=Head("sequence", 1, "choice"))
    report = train(made, rows, Recipe(epochs=2, rate=1e-3, batch=4), seed=0)
    assert report.steps == 6 and report.rows == 20


def test_the_result_depends_on_the_seed_and_on_nothing_outside(lab):
    encodings, results = lab.encodings(40), []
    for seed, noise in ((1, 0), (1, 99), (2, 0)):
        made = lab.assemble("xlm-roberta", TARGET)
        torch.manual_seed(noise)
        train(made, encodings, RECIPE, seed=seed)
        results.append(weights(made))
    assert all(torch.equal(a, b) for a, b in zip(results[0].values(), results[1].values(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(results[0].values(), results[2].values(), strict=True))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2])
def test_a_signal_stops_between_steps_and_the_rest_is_done_later(lab, tmp_path, number):
    encodings = lab.encodings(40)
    whole, halves = lab.assemble("xlm-roberta", FUSE), lab.assemble("xlm-roberta", FUSE)
    report = train(whole, encodings, RECIPE, seed=1)
    handler = signal.getsignal(number)
    with pytest.raises(Interrupted, match="after step 7 of 12") as caught:
        act = Asks(7, lambda: os.kill(os.getpid(), number))
        train(halves, encodings, RECIPE, seed=1, checkpoint=tmp_path / "checkpoint", progress=act)
    assert caught.value.exit_code == 75
    assert signal.getsignal(number) is handler
    resumed = lab.assemble("xlm-roberta", FUSE)
    later = train(resumed, encodings, RECIPE, seed=1, checkpoint=tmp_path / "checkpoint")
    assert later.resumed_at == 7
    assert (later.rows, later.tokens, later.loss) == (report.rows, report.tokens, report.loss)
    for (name, a), b in zip(weights(whole).items(), weights(resumed).values(), strict=True):
        assert torch.equal(a, b), name


KILLED = """
import importlib.util, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("tiny_models", sys.argv[1])
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
from adaptstilts.compositions.composition import TARGET
from adaptstilts.settings import Recipe
from adaptstilts.progress import Silent
from adaptstilts.training.loop import train
class Kills(Silent):
    left = 9
    def advance(self, n=1, note=""):
        self.left -= n
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
lab = tiny.Lab.__new__(tiny.Lab)
lab.backbones = {"xlm-roberta": tiny.open_backbone(tiny.BackboneSettings(sys.argv[2]))}
lab.zoo = {"xlm-roberta": {}}
made = lab.assemble("xlm-roberta", TARGET)
recipe = Recipe(steps=12, rate=5e-3, fusion_rate=1e-3, batch=8)
train(made, lab.encodings(40), recipe, seed=1, checkpoint=Path(sys.argv[3]), progress=Kills(), save_seconds=0.0)
"""


def test_after_sigkill_a_rerun_ends_in_the_same_bits(lab, tmp_path):
    tiny = Path(__file__).resolve().parent.parent / "models" / "conftest.py"
    command = [sys.executable, "-c", KILLED, str(tiny), str(lab.folders["xlm-roberta"]), str(tmp_path)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    whole, resumed = lab.assemble("xlm-roberta", TARGET), lab.assemble("xlm-roberta", TARGET)
    train(whole, lab.encodings(40), RECIPE, seed=1)
    report = train(resumed, lab.encodings(40), RECIPE, seed=1, checkpoint=tmp_path)
    assert 8 <= report.resumed_at <= 9
    for (name, a), b in zip(weights(whole).items(), weights(resumed).values(), strict=True):
        assert torch.equal(a, b), name


def test_checkpoints_of_other_runs_and_broken_ones_are_not_used(lab, tmp_path):
    made, encodings = lab.assemble("xlm-roberta", TARGET), lab.encodings(40)
    stop = Asks(7, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(made, encodings, RECIPE, seed=1, checkpoint=tmp_path, progress=stop)
    for other, seed in ((encodings[:-1], 1), (encodings, 2)):
        fresh = lab.assemble("xlm-roberta", TARGET)
        assert train(fresh, other, RECIPE, seed=seed, checkpoint=tmp_path).resumed_at == 0
    file = next(tmp_path.glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-10])
    fresh = lab.assemble("xlm-roberta", TARGET)
    assert train(fresh, encodings, RECIPE, seed=1, checkpoint=tmp_path).resumed_at == 0


def test_a_checkpoint_holds_open_tensors_only(lab, tmp_path):
    from safetensors import safe_open

    made = lab.assemble("xlm-roberta", FUSE)
    with pytest.raises(Interrupted):
        stop = Asks(2, lambda: os.kill(os.getpid(), signal.SIGTERM))
        train(made, lab.encodings(40), RECIPE, seed=1, checkpoint=tmp_path, progress=stop)
    with safe_open(next(tmp_path.glob("*.safetensors")), framework="pt") as stream:
        held = {key.partition("/")[2] for key in list(stream.keys())}
    assert held == {name for name, _ in made.named_trainable()}


def test_a_loss_that_is_not_finite_names_step_and_rate(lab):
    made = lab.assemble("xlm-roberta", TARGET)
    with torch.no_grad():
        next(iter(made.part("head").values()))[0, 0] = float("nan")
    with pytest.raises(InputError, match=r"nan at step 1 of 12, at rate 5\.00e-03"):
        train(made, lab.encodings(20), RECIPE, seed=0)


@pytest.mark.parametrize(
    ("recipe", "count", "match"),
    [
        (Recipe(), 4, "exactly one"),
        (Recipe(steps=1, epochs=1.0), 4, "exactly one"),
        (Recipe(steps=0), 4, "at least one step"),
        (Recipe(steps=1), 0, "no rows"),
    ],
)
def test_impossible_runs_are_refused(lab, recipe, count, match):
    with pytest.raises(InputError, match=match):
        train(lab.assemble("xlm-roberta", TARGET), lab.encodings(count), recipe, seed=0)


def test_a_frozen_assembly_cannot_train(lab):
    with pytest.raises(InputError, match="nothing to train"):
        train(lab.assemble("xlm-roberta", TARGET, trains=()), lab.encodings(4), copy.copy(RECIPE), seed=0)
