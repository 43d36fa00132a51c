"""A batch in several passes, several tasks in one run, and what a device may do without changing the result."""

import os
import signal

import pytest
import torch
from accelerate.tracking import GeneralTracker, LoggerType, on_main_process

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.errors import EnvironmentProblem, InputError, Interrupted, UnknownName
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models import size
from adaptstilts.models.heads import masked_head
from adaptstilts.progress import Silent
from adaptstilts.settings import DeviceSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.optimizer import Optimizer
from adaptstilts.training.processes import Processes
from adaptstilts.training.sampler import ExamplePool, Sampler

FUSE = Stacked((Fused(("mnli", "squad")), TARGET))
CASES = {
    "label": Head("sequence", 3, "label"),
    "choice": Head("sequence", 1, "choice"),
    "span": Head("token", 2, "span"),
    "tags": Head("token", 5, "tags"),
    "masked": masked_head(65),
}


def encodings_for(lab, loss, count=16):
    """Rows that differ in length, in choices, and in how many of their tokens have a target."""
    plain = lab.encodings(count)
    if loss == "choice":
        rows = [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5]
        return [Encoding(row, e.ids, row % 2) for row, e in zip(rows, plain, strict=True)]
    if loss == "span":
        return [Encoding(e.row, e.ids, (1, len(e.ids) - 2)) for e in plain]
    if loss in ("tags", "masked"):
        tags = [tuple(t % 5 if t % (2 + e.row % 5) == 1 else -100 for t in range(len(e.ids))) for e in plain]
        return [Encoding(e.row, e.ids, found) for e, found in zip(plain, tags, strict=True)]
    return plain


def still(assembly):
    for module in assembly.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    return assembly


def weights(assembly):
    return {name: p.detach().clone() for name, p in assembly.named_trainable()}


def first_gradients(monkeypatch, assembly, encodings, device=None):
    """The gradients of a run's first optimizer step, and how many passes they took."""
    found, passes = {}, []

    def keep(self, step):
        found.update({name: p.grad.clone() for name, p in assembly.named_trainable()})

    forward = assembly.forward
    monkeypatch.setattr(assembly, "forward", lambda batch: passes.append(batch.ids.numel()) or forward(batch))
    monkeypatch.setattr(Optimizer, "step", keep)
    report = train(assembly, encodings, Recipe(steps=1, batch=16), seed=0, device=device)
    return found, passes, report.loss


@pytest.mark.parametrize("loss", sorted(CASES))
def test_several_passes_add_up_to_the_gradient_of_one(lab, monkeypatch, loss):
    found = []
    for device in (None, DeviceSettings(tokens_per_pass=80)):
        made = still(lab.assemble("xlm-roberta", FUSE, head=CASES[loss]))
        for number, (_, parameter) in enumerate(made.named_trainable()):  # far from where fusion's penalty is nothing
            with torch.no_grad():
                parameter += 0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
        found.append(first_gradients(monkeypatch, made, encodings_for(lab, loss), device))
    (one, single, curve), (many, passes, other) = found
    assert len(single) == 1 and len(passes) > 2 and max(passes) <= 80
    assert curve[0][1] == pytest.approx(other[0][1], rel=1e-5)
    for name in one:
        torch.testing.assert_close(many[name], one[name], atol=2e-6, rtol=1e-4, msg=name)


def test_a_pass_on_a_cpu_keeps_no_more_than_its_bound(lab, monkeypatch):
    """What a pass keeps for the backward pass, as autograd's own hooks count it, stays below the bound; passes say the same."""
    made = still(lab.assemble("xlm-roberta", TARGET, head=CASES["choice"]))
    encodings = encodings_for(lab, "choice")
    whole, (one,), _ = first_gradients(monkeypatch, made, encodings, None)
    monkeypatch.setattr(size, "KEPT_ON_CPU", 10**6)
    made = still(lab.assemble("xlm-roberta", TARGET, head=CASES["choice"]))
    kept = []
    forward = made.forward

    def counted(batch):
        held = {}

        def keep(tensor):
            if not isinstance(tensor, torch.nn.Parameter):
                held[tensor.data_ptr()] = tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            found = forward(batch)
        kept.append(sum(held.values()))
        return found

    monkeypatch.setattr(made, "forward", counted)
    cut, passes, _ = first_gradients(monkeypatch, made, encodings, None)
    assert len(passes) > 1 and max(kept) <= 10**6 and one > max(passes)
    for name in whole:
        torch.testing.assert_close(cut[name], whole[name], atol=2e-6, rtol=1e-4, msg=name)


def test_a_loss_over_the_batch_is_never_cut(lab, monkeypatch):
    plain = lab.encodings(16)
    pairs = [Encoding(i // 2, e.ids, i % 2) for i, e in enumerate(plain)]
    made = still(lab.assemble("xlm-roberta", TARGET, head=Head("sequence", 0, "contrast")))
    _, passes, _ = first_gradients(monkeypatch, made, pairs, DeviceSettings(tokens_per_pass=20))
    assert len(passes) == 1
    processes = Processes(torch.device("cpu"))
    processes.count, processes.number, processes.main = 2, 1, False
    assert processes.share([4, 5, 6], uncut=True) == [] and processes.share([4, 5, 6]) == [5]


def test_checkpointed_activations_give_the_same_weights(lab):
    """Dropout included: what is computed again draws the same numbers."""
    found = []
    for device in (None, DeviceSettings(checkpointing=True)):
        made = lab.assemble("xlm-roberta", FUSE)
        train(made, lab.encodings(24), Recipe(steps=3, rate=5e-3, batch=8), seed=0, device=device)
        found.append(weights(made))
        assert not any(getattr(m, "gradient_checkpointing", False) for m in made.modules())
    for name in found[0]:
        if not name.endswith("key.bias"):  # its gradient is rounding error, which AdamW blows up
            torch.testing.assert_close(found[1][name], found[0][name], atol=1e-5, rtol=1e-4, msg=name)


def test_a_failed_compilation_is_said_and_costs_nothing(lab, monkeypatch, caplog):
    from torch._dynamo.exc import Unsupported

    def fails(call, **options):
        def compiled(*args, **more):
            raise Unsupported("no such thing")

        return compiled

    monkeypatch.setattr(torch, "compile", fails)
    found = []
    for device in (None, DeviceSettings(compile=True)):
        made = lab.assemble("xlm-roberta", TARGET)
        train(made, lab.encodings(24), Recipe(steps=3, rate=5e-3, batch=8), seed=0, device=device)
        found.append(weights(made))
    said = [record.getMessage() for record in caplog.records if record.name == "adaptstilts.training.engine"]
    assert len(said) == 1 and "Unsupported: no such thing" in said[0]
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_what_accelerate_reads_from_the_environment_changes_nothing(lab, monkeypatch):
    found = []
    for setting in ({}, {"ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "4", "ACCELERATE_MIXED_PRECISION": "bf16"}):
        for name, value in setting.items():
            monkeypatch.setenv(name, value)
        made = lab.assemble("xlm-roberta", TARGET)
        train(made, lab.encodings(24), Recipe(steps=3, rate=5e-3, batch=8, clip=1e9), seed=0)
        found.append(weights(made))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_other_errors_are_not_taken_for_failed_compilation(lab, monkeypatch):
    made = lab.assemble("xlm-roberta", TARGET)
    monkeypatch.setattr(torch, "compile", lambda call, **options: call)

    def breaks(batch):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(made, "forward", breaks)
    with pytest.raises(RuntimeError, match="out of memory"):
        train(made, lab.encodings(8), Recipe(steps=1), seed=0, device=DeviceSettings(compile=True))


HEADS = {"tagger": CASES["tags"], "mlm": CASES["masked"]}
MIXED = Recipe(steps=14, rate=5e-3, batch=4, alpha=0.5)


def tasks(lab):
    return {
        "paws": lab.encodings(30),
        "tagger": encodings_for(lab, "tags", 9),
        "mlm": encodings_for(lab, "masked", 12),
    }


def test_each_step_trains_one_task(lab):
    """The same steps by hand: each task's own batches in the order of the draw, and no other head moves."""
    ours, plain = (still(lab.assemble("xlm-roberta", TARGET, heads=HEADS)) for _ in range(2))
    given = tasks(lab)
    told = train(ours, given, MIXED, seed=3)
    plain.train()
    sampler = Sampler({name: ExamplePool(found) for name, found in given.items()}, 4, 0.5, 3)
    optimizer, drawn, tokens = Optimizer(plain, MIXED, 14), [], 0
    for step in range(14):
        name, indices = sampler.next()
        chosen = [given[name][i] for i in indices]
        drawn.append(name)
        tokens += sum(len(e.ids) for e in chosen)
        batch = plain.collate(chosen, targets=True, head=name)
        plain.loss(plain(batch), batch).backward()
        assert {n.split(".")[1] for n, p in plain.part("head").items() if p.grad is not None} == {name}
        optimizer.step(step)
    assert set(drawn) == set(given) and told.tokens == tokens
    for name, parameter in plain.named_trainable():
        torch.testing.assert_close(dict(ours.named_trainable())[name], parameter, atol=1e-6, rtol=1e-5, msg=name)


def test_several_tasks_go_on_where_they_were_stopped(lab, tmp_path):
    class Stops(Silent):
        left = 6

        def advance(self, n=1, note=""):
            self.left -= n
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGTERM)

    whole, part, rest = (lab.assemble("xlm-roberta", TARGET, heads=HEADS) for _ in range(3))
    report = train(whole, tasks(lab), MIXED, seed=3)
    with pytest.raises(Interrupted):
        train(part, tasks(lab), MIXED, seed=3, checkpoint=tmp_path, progress=Stops())
    later = train(rest, tasks(lab), MIXED, seed=3, checkpoint=tmp_path)
    assert later.resumed_at == 6 and (later.rows, later.tokens, later.loss) == (report.rows, report.tokens, report.loss)
    assert all(torch.equal(a, b) for a, b in zip(weights(whole).values(), weights(rest).values(), strict=True))


def test_an_epoch_of_several_tasks_holds_all_examples_once(lab):
    made = lab.assemble("xlm-roberta", TARGET, heads=HEADS)
    assert train(made, tasks(lab), Recipe(epochs=1, batch=4), seed=0).steps == 8 + 3 + 3


def test_one_task_by_name_is_that_task(lab):
    one, other = lab.assemble("xlm-roberta", TARGET), lab.assemble("xlm-roberta", TARGET)
    train(one, lab.encodings(30), Recipe(steps=5, batch=8), seed=1)
    train(other, {"paws": lab.encodings(30)}, Recipe(steps=5, batch=8), seed=1)
    assert all(torch.equal(a, b) for a, b in zip(weights(one).values(), weights(other).values(), strict=True))


def test_unknown_heads_and_empty_tasks_are_refused(lab):
    made = lab.assemble("xlm-roberta", TARGET, heads=HEADS)
    with pytest.raises(UnknownName, match="tagger"):
        train(made, {"taggr": lab.encodings(4)}, MIXED, seed=0)
    for given in ({}, {"paws": lab.encodings(4), "mlm": []}):
        with pytest.raises(InputError, match="no rows"):
            train(made, given, MIXED, seed=0)


class Notes(GeneralTracker):
    """A tracker that keeps what it is told."""

    name, requires_logging_directory, tracker = "notes", False, None

    def __init__(self):
        super().__init__()
        self.config, self.values, self.finished = {}, [], False

    @on_main_process
    def store_init_configuration(self, values):
        self.config = values

    @on_main_process
    def log(self, values, step=None, **more):
        self.values.append((step, values))

    @on_main_process
    def finish(self):
        self.finished = True


def test_trackers_get_loss_rate_and_speed(lab):
    notes, told = Notes(), []
    watcher = Silent()
    watcher.advance = lambda n=1, note="": told.append(note)
    made = lab.assemble("xlm-roberta", TARGET)
    report = train(
        made, lab.encodings(24), Recipe(steps=4, rate=1e-3, batch=8, warmup=0.0), seed=0, progress=watcher,
        device=DeviceSettings(trackers=(notes,)),
    )  # fmt: skip
    assert notes.finished and notes.config["total_steps"] == 4 and notes.config["seed"] == 0
    assert [step for step, _ in notes.values] == [1, 2, 3, 4]
    assert [values["loss"] for _, values in notes.values] == [loss for _, loss in report.loss]
    assert [values["rate"] for _, values in notes.values] == pytest.approx([1e-3, 7.5e-4, 5e-4, 2.5e-4])
    assert all(values["tokens_per_second"] > 0 for _, values in notes.values)
    assert told[-1].startswith("loss ") and told[-1].endswith(" tokens/s"), "time left is told by who watches, once"


def test_trackers_that_cannot_be_are_named(lab, monkeypatch, tmp_path):
    made, recipe = lab.assemble("xlm-roberta", TARGET), Recipe(steps=1)
    with pytest.raises(InputError, match="no tracker called 'tensorbord'"):
        train(made, lab.encodings(4), recipe, seed=0, device=DeviceSettings(trackers=("tensorbord",)))
    monkeypatch.setattr("accelerate.tracking.get_available_trackers", list)
    with pytest.raises(EnvironmentProblem, match="'tensorboard' is not installed"):
        train(made, lab.encodings(4), recipe, seed=0, device=DeviceSettings(trackers=("tensorboard",)), logs=tmp_path)
    monkeypatch.setattr("accelerate.tracking.get_available_trackers", lambda: [LoggerType.TENSORBOARD])
    with pytest.raises(InputError, match="needs a folder"):
        train(made, lab.encodings(4), recipe, seed=0, device=DeviceSettings(trackers=("tensorboard",)))
