"""The lowest layers' outputs, kept: those of `transformers`, the same numbers with and without them, whole files or none."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from transformers import AutoModel, RobertaConfig, RobertaForMaskedLM

from adaptstilts.compositions.blocks import TARGET, Averaged, Fused, Gated, Merged, Stacked
from adaptstilts.data.encoding.kept import prune
from adaptstilts.errors import Interrupted
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.lower import content
from adaptstilts.settings import AdapterSettings, BackboneSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.lower import distinct, states_of
from adaptstilts.training.prediction import predict

TASKS = ("mnli", "squad", "swag")
DROPPED = AdapterSettings("seq_bn", 4, drop=1)
MOST = 1 << 30
BLOCKS = {
    "none": None,
    "target adapter": TARGET,
    "stack": Stacked((*TASKS, TARGET)),
    "fuse": Stacked((Fused(TASKS), TARGET)),
    "average": Averaged(TASKS),
    "gate": Gated(TASKS),
    "merge": Stacked((Merged(TASKS, "ties"), TARGET)),
    "learned merge": Stacked((Merged(TASKS, "learned"), TARGET)),
}
RECIPE = Recipe(epochs=3, rate=2e-3, batch=8)


def close(ours, expected):
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)


def files(folder):
    return sorted(folder.glob("*.arrow"))


def counted(made):
    """How many inputs the lowest layers of an assembly are run for, by hooks on the attention of its first and its last layer."""
    seen = []
    stack = made.model.base_model.encoder.layer
    for number in (0, len(stack) - 1):
        stack[number].attention.self.register_forward_pre_hook(
            lambda module, args, n=number: seen.append((n, len(args[0])))
        )
    return seen


def roberta(root):
    """RoBERTa's architecture, which the lab has not: its config and weights as `transformers` saves them."""
    torch.manual_seed(3)
    shape = {
        "vocab_size": 65,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 48,
    }
    config = RobertaConfig(
        **shape, max_position_embeddings=66, pad_token_id=1, type_vocab_size=1, initializer_range=0.3
    )
    RobertaForMaskedLM(config).save_pretrained(root)
    return root


@pytest.mark.parametrize(("model_type", "drop"), [("xlm-roberta", 1), ("bert", 1), ("roberta", 2)])
def test_states_are_those_of_transformers(lab, tmp_path, model_type, drop):
    """`output_hidden_states` of the plain encoder, one input at a time without any padding."""
    folder = lab.folders.get(model_type)
    if folder is None:
        folder = roberta(tmp_path / "model")
        (folder / "tokenizer.json").write_bytes((lab.folders["xlm-roberta"] / "tokenizer.json").read_bytes())
    backbone = open_backbone(BackboneSettings(str(folder)))
    shape = AdapterSettings("seq_bn", 4, drop=drop)
    made = assemble(
        backbone, block=TARGET, adapters={}, trains=("target_adapter", "head"), shape=shape, head=lab.label,
        head_name="paws", seed=1,
    )  # fmt: skip
    encodings = lab.encodings(20, model_type="bert" if model_type == "bert" else "xlm-roberta")
    states = states_of(made, [distinct(encodings)], tmp_path / "kept", MOST)
    plain = AutoModel.from_pretrained(folder).eval()
    for encoding in encodings:
        ids = torch.tensor([encoding.ids])
        types = (torch.arange(ids.shape[1]) >= (encoding.second or ids.shape[1])).long()[None]
        more = {"token_type_ids": types} if model_type == "bert" else {}
        with torch.no_grad():
            expected = plain(ids, output_hidden_states=True, **more).hidden_states[drop][0]
        np.testing.assert_allclose(states.get(content(encoding)), expected.numpy(), atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("model_type", ["xlm-roberta", "bert"])
def test_predictions_are_the_same_and_the_lowest_layers_are_not_run(lab, tmp_path, model_type, name):
    encodings = lab.encodings(30, model_type=model_type)
    trains = () if name == "none" else ("head",)
    made = lab.assemble(model_type, BLOCKS[name], trains=trains, shape=DROPPED)
    assert made.lowest == 1
    plain = predict(made, encodings)
    states = states_of(made, [distinct(encodings)], tmp_path, MOST)
    seen = counted(made)
    with made.knowing(states):
        close(predict(made, encodings), plain)
    assert {layer for layer, _ in seen} == {1}
    seen.clear()
    assert all(np.array_equal(a, b) for a, b in zip(predict(made, encodings), plain, strict=True))
    assert {layer for layer, _ in seen} == {0, 1}, "afterwards all is as before"


@pytest.mark.parametrize("family", ["double_seq_bn", "par_bn", "lora", "ia3", "prefix_tuning"])
def test_every_family_of_adapters_goes_on_from_them(lab, tmp_path, family):
    shape = AdapterSettings(family, 4, rank=2, alpha=4, prefix_length=3, drop=1)
    made = lab.assemble("xlm-roberta", TARGET, adapters={}, shape=shape)
    for _, parameter in made.named_trainable():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    encodings = lab.encodings(20)
    plain = predict(made, encodings)
    with made.knowing(states_of(made, [distinct(encodings)], tmp_path, MOST)):
        close(predict(made, encodings), plain)


HEADS = {
    "label": (Head("sequence", 3, "label"), lambda i, ids: i % 3),
    "choice": (Head("sequence", 1, "choice"), lambda i, ids: 1),
    "span": (Head("token", 2, "span"), lambda i, ids: (1, len(ids) - 2)),
    "tags": (Head("token", 4, "tags"), lambda i, ids: tuple(n % 4 for n in range(len(ids)))),
    "contrast": (Head("sequence", 0, "contrast"), lambda i, ids: i % 2),
}


@pytest.mark.parametrize("kind", HEADS)
def test_training_is_the_same_and_has_no_dropout_in_the_lowest_layers(lab, tmp_path, kind):
    """Every kind of head; the lab's encoders have a dropout of 0.1, which stays active above."""
    head, target = HEADS[kind]
    encodings = lab.encodings(40, target=target)
    if head.per == "row":
        size = 2 if kind == "contrast" else 4
        encodings = [Encoding(i // size, e.ids, e.target) for i, e in enumerate(encodings)]
    plain, known = (lab.assemble("xlm-roberta", TARGET, head=head, shape=DROPPED) for _ in range(2))
    before = train(plain, encodings, RECIPE, seed=3)
    seen = counted(known)
    with known.knowing(states_of(known, [distinct(encodings)], tmp_path, MOST)):
        seen.clear()
        after = train(known, encodings, RECIPE, seed=3)
    assert {layer for layer, _ in seen} == {1}
    assert [loss for _, loss in after.loss] == pytest.approx([loss for _, loss in before.loss], rel=1e-3, abs=1e-4)
    known.train()
    stack = known.model.base_model.encoder.layer
    assert not stack[0].training and not known.model.base_model.embeddings.training and stack[1].training


def test_a_run_that_is_stopped_ends_in_the_same_bits(lab, tmp_path):
    encodings, block = lab.encodings(40), BLOCKS["fuse"]

    def run(folder, **more):
        made = lab.assemble("xlm-roberta", block, shape=DROPPED)
        with made.knowing(states_of(made, [distinct(encodings)], folder, MOST)):
            train(made, encodings, RECIPE, seed=1, **more)
        return {name: parameter.detach().clone() for name, parameter in made.named_trainable()}

    class Stops:
        steps = 0

        def start(self, total, what): ...
        def stop(self): ...
        def advance(self, n=1, note=""):
            self.steps += n
            if self.steps == 7:
                os.kill(os.getpid(), signal.SIGTERM)

    whole = run(tmp_path / "one")
    with pytest.raises(Interrupted):
        run(tmp_path / "other", checkpoint=tmp_path / "checkpoint", progress=Stops())
    files(tmp_path / "other")[0].unlink()  # made again, it has the same bytes
    resumed = run(tmp_path / "other", checkpoint=tmp_path / "checkpoint")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert [path.name for path in files(tmp_path / "one")] == [path.name for path in files(tmp_path / "other")]


def test_a_file_is_the_sets_alone(lab, tmp_path):
    """Order, repetition and the assembly do not matter; layers, precision and inputs do."""
    encodings = lab.encodings(20)
    first, other = (
        lab.assemble("xlm-roberta", None, trains=(), shape=DROPPED),
        lab.assemble("xlm-roberta", BLOCKS["fuse"], shape=DROPPED),
    )
    states_of(first, [distinct(encodings)], tmp_path, MOST)
    seen = counted(other)
    states_of(other, [distinct([*encodings[::-1], *encodings[:3]])], tmp_path, MOST)
    assert not seen and len(files(tmp_path)) == 1
    states_of(first, [distinct(encodings[1:])], tmp_path, MOST)
    bert = lab.assemble("bert", None, trains=(), shape=DROPPED)
    states_of(bert, [distinct(encodings)], tmp_path, MOST)
    assert len(files(tmp_path)) == 3


def test_what_is_in_one_set_is_not_made_for_another(lab, tmp_path):
    clean, attacked = lab.encodings(20), lab.encodings(25)[10:]  # the lab draws the same ones first
    made = lab.assemble("xlm-roberta", TARGET, shape=DROPPED)
    sets = [distinct(clean), distinct(attacked, clean)]
    assert len(sets[1]) == 5
    plain = predict(made, [*clean, *attacked])
    states = states_of(made, sets, tmp_path, MOST)
    seen = counted(made)
    with made.knowing(states):
        close(predict(made, [*clean, *attacked]), plain)
    assert {layer for layer, _ in seen} == {1}


def test_inputs_that_are_not_known_run_as_ever(lab, tmp_path):
    known, others = lab.encodings(10), lab.encodings(10, seed=9)
    made = lab.assemble("xlm-roberta", TARGET, shape=DROPPED)
    plain = predict(made, others)
    with made.knowing(states_of(made, [distinct(known)], tmp_path, MOST)):
        assert all(np.array_equal(a, b) for a, b in zip(predict(made, others), plain, strict=True))
        close(predict(made, [*known, *others])[10:], plain)


@pytest.mark.parametrize(("depth", "run"), [(1 / 3, [0]), (2 / 3, []), (1.0, [2])])
def test_a_head_may_read_anywhere(lab, tmp_path, depth, run):
    """Two layers of three are known: read after the first they are of no use, after the second nothing is run."""
    folder = roberta(tmp_path / "model")
    (folder / "tokenizer.json").write_bytes((lab.folders["xlm-roberta"] / "tokenizer.json").read_bytes())
    made = assemble(
        open_backbone(BackboneSettings(str(folder))), block=None, adapters={}, trains=(),
        shape=AdapterSettings("seq_bn", 4, drop=2), head=Head("pooled", 0, "none", depth), head_name="tatoeba", seed=1,
    )  # fmt: skip
    encodings = lab.encodings(10)
    plain = predict(made, encodings)
    states = states_of(made, [distinct(encodings)], tmp_path, MOST)
    seen = counted(made)
    with made.knowing(states):
        close(predict(made, encodings), plain)
    assert sorted({layer for layer, _ in seen}) == run


def test_an_encoder_of_its_own_and_other_shapes_have_none(lab):
    assert lab.assemble("xlm-roberta", TARGET, shape=lab.shape).lowest == 0
    assert lab.assemble("xlm-roberta", None, trains=("backbone", "head"), shape=DROPPED).lowest == 0
    whole = lab.assemble("xlm-roberta", None, trains=("backbone", "head"), shape=DROPPED).train()
    assert whole.model.base_model.encoder.layer[0].training, "what trains has its dropout"


def test_states_beyond_their_range_are_told(lab, tmp_path, monkeypatch):
    made = lab.assemble("xlm-roberta", TARGET, shape=DROPPED)
    monkeypatch.setattr(type(made), "precision", "bfloat16")
    monkeypatch.setattr(made, "lower", lambda encodings: torch.full((len(encodings), 30, 32), 1e6), raising=False)
    with pytest.raises(ValueError, match="do not fit float16"):
        states_of(made, [distinct(lab.encodings(4))], tmp_path, MOST)
    assert files(tmp_path) == []


def test_bfloat16_is_kept_in_half_the_bytes(lab, tmp_path, monkeypatch):
    encodings = lab.encodings(20)
    made = lab.assemble("xlm-roberta", TARGET, shape=DROPPED)
    plain = states_of(made, [distinct(encodings)], tmp_path / "float32", MOST)
    monkeypatch.setattr(type(made), "precision", "bfloat16")
    half = states_of(made, [distinct(encodings)], tmp_path / "half", MOST)
    for encoding in encodings:
        one, other = half.get(content(encoding)), plain.get(content(encoding))
        assert one.dtype == np.float16
        np.testing.assert_allclose(one, other, rtol=2**-10, atol=1e-4)
    assert files(tmp_path / "half")[0].stat().st_size < 0.7 * files(tmp_path / "float32")[0].stat().st_size


def test_matrices_in_bfloat16_have_states_of_their_own(lab, tmp_path):
    """Of the same folder as the float32 ones, which they are not taken for; predictions move by less than bfloat16 itself does."""
    encodings, found = lab.encodings(20), {}
    for precision in ("float32", "bfloat16"):
        backbone = open_backbone(BackboneSettings(str(lab.folders["xlm-roberta"])), precision)
        made = assemble(
            backbone, block=TARGET, adapters={}, trains=("target_adapter", "head"), shape=DROPPED, head=lab.label,
            head_name="paws", seed=1,
        )  # fmt: skip
        assert made.precision == precision
        plain = predict(made, encodings)
        seen = counted(made)
        with made.knowing(states_of(made, [distinct(encodings)], tmp_path, MOST)):
            seen.clear()
            found[precision] = (plain, predict(made, encodings))
        assert {layer for layer, _ in seen} == {1}
    assert len(files(tmp_path)) == 2
    exact, (half, known) = found["float32"][0], found["bfloat16"]
    moved, by_precision = (np.abs(np.stack(half) - np.stack(other)).mean() for other in (known, exact))
    assert moved < by_precision


def test_damage_is_seen_and_mended(lab, tmp_path, caplog):
    made, encodings = lab.assemble("xlm-roberta", TARGET, shape=DROPPED), lab.encodings(10)
    states_of(made, [distinct(encodings)], tmp_path, MOST)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    states_of(made, [distinct(encodings)], tmp_path, MOST)
    assert path.read_bytes() == whole and "lowest layers are made again" in caplog.text


def test_two_at_once_make_them_once(lab, tmp_path, monkeypatch):
    made, encodings = lab.assemble("xlm-roberta", TARGET, shape=DROPPED), lab.encodings(20)
    began, ran = threading.Event(), []
    compute = made.lower

    def slow(found):
        began.set()
        ran.append(len(found))
        time.sleep(0.2)
        return compute(found)

    monkeypatch.setattr(made, "lower", slow, raising=False)
    both = [threading.Thread(target=states_of, args=(made, [distinct(encodings)], tmp_path, MOST)) for _ in range(2)]
    both[0].start()
    assert began.wait(60)
    both[1].start()
    for thread in both:
        thread.join()
    assert sum(ran) == len(distinct(encodings)) and len(files(tmp_path)) == 1


def test_a_bound_lets_the_oldest_go(lab, tmp_path):
    made = lab.assemble("xlm-roberta", TARGET, shape=DROPPED)
    for seed in range(3):
        states_of(made, [distinct(lab.encodings(10, seed=seed))], tmp_path, MOST)
        for path in files(tmp_path):
            os.utime(path, (path.stat().st_mtime - 100,) * 2)
    size = files(tmp_path)[0].stat().st_size
    states_of(made, [distinct(lab.encodings(10, seed=3))], tmp_path, 2 * size + size // 2)
    assert len(files(tmp_path)) == 2
    prune(tmp_path, 0)
    assert files(tmp_path) == []
