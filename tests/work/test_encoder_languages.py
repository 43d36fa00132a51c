"""X-MOD in the pocket lab: each row is read by its own language's parts; a language that is lacking is refused, or lent and recorded."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from transformers import XmodConfig, XmodForMaskedLM, XmodModel

from adaptstilts import places
from adaptstilts.config.load import load_config
from adaptstilts.data.encoding.languages import in_languages
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.batch import Batch
from adaptstilts.models.door.open import open_backbone
from adaptstilts.plan.cell import _challenged, cell, scores
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.request import Request
from adaptstilts.rows import ClassificationRow, RetrievalRow
from adaptstilts.settings import AdapterSettings, BackboneSettings
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.training.prediction import predict
from adaptstilts.work import calibration
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import zoos

SMALL = {
    "transfer.rows": 12, "evaluation.rows": 12, "evaluation.languages": ("en", "qaa"), "evaluation.attacks": ("swap",),
    "adapter.drop": 1, "intermediate.rows": 12,
}  # fmt: skip


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """Two layers with parts for three languages, under the pocket lab's tokenizer."""
    folder = tmp_path_factory.mktemp("xmod") / "encoder"
    tokens = json.loads((places.encoder() / "config.json").read_text())["vocab_size"]
    torch.manual_seed(3)
    model = XmodForMaskedLM(
        XmodConfig(
            vocab_size=tokens, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, pad_token_id=1,
            max_position_embeddings=130, type_vocab_size=1, languages=["en_XX", "qaa_XX", "fr_FR"], initializer_range=0.3,
            ln_before_adapter=True, adapter_reuse_layer_norm=True, default_language="fr_FR",
        )
    )  # fmt: skip
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(places.encoder() / name, folder / name)
    return folder


def planned(encoder, root, *changes, languages=("en", "qaa"), target="pawsx", composition="single"):
    told = ("transfer.tasks.pawsx.steps=2", "intermediate.tasks.mnli.steps=2", f"backbone.name={encoder}", *changes)
    config = load_config("pocket", told, {**SMALL, "evaluation.languages": languages})
    zoo = zoos(root)
    tasks = () if composition == "none" else ("mnli",)
    return config, zoo, cell(config, Request(composition, tasks, target), zoo)


def done(encoder, root, *changes, **more):
    config, zoo, plan = planned(encoder, root, *changes, **more)
    session = Session(config, Store(root), zoo)
    for step in plan.steps:
        work(step, session)
    return session, plan


def stock(encoder):
    return XmodModel.from_pretrained(encoder, add_pooling_layer=False).eval()


def test_a_language_that_it_lacks_is_refused_when_a_run_is_planned(encoder, tmp_path):
    with pytest.raises(NotApplicable, match="no parts for 'qab'") as caught:
        planned(encoder, tmp_path, languages=("en", "qab"))
    assert "backbone.reads.qab=en" in caught.value.do and "en, qaa, fr" in caught.value.do
    with pytest.raises(NotApplicable, match="no parts for 'nl', which should read 'qab'"):
        planned(encoder, tmp_path, "backbone.reads.qab=nl", languages=("en", "qab"))
    with pytest.raises(InputError, match="has parts for 'qaa' itself"):
        planned(encoder, tmp_path, "backbone.reads.qaa=en")
    _, _, plain = planned(encoder, tmp_path, languages=("en",))
    _, _, lent = planned(encoder, tmp_path, "backbone.reads.qab=qaa", languages=("en", "qab"))
    assert plain.transfer.key == lent.transfer.key, "who reads qab decides nothing of a training in English"
    for score, other in zip(plain.scores, lent.scores, strict=True):
        assert not score.reads and json.loads(other.reads) == {"qab": "qaa"} and score.key != other.key
    others = [
        planned(encoder, tmp_path, f"backbone.reads.qab={code}", languages=("en", "qab"))[2] for code in ("qaa", "fr")
    ]
    assert others[0].scores[0].key == lent.scores[0].key != others[1].scores[0].key
    _, _, unasked = planned(encoder, tmp_path, "backbone.reads.qab=qaa", languages=("en",))
    assert [step.key for step in unasked.steps] == [step.key for step in plain.steps]
    trained = ("backbone.reads.qab=qaa", "data.language=qab")
    _, _, abroad = planned(encoder, tmp_path, *trained, languages=("en", "qab"))
    assert json.loads(abroad.transfer.backbone)["reads"] == {"qab": "qaa"} and "reads" not in abroad.steps[0].backbone


def test_languages_of_scores_and_of_challenge_sets_are_looked_at_when_they_are_planned(encoder, tmp_path):
    """Of scores that are planned later (`attack`), and of a set in other languages than its target's."""
    config, _, plan = planned(encoder, tmp_path, languages=("en",))
    facts = ConfigFacts(config)
    later = dataclasses.replace(config.evaluation, languages=("qab",))
    with pytest.raises(NotApplicable, match="no parts for 'qab'"):
        scores(facts, plan.transfer, later)
    challenge = dataclasses.replace(facts.task("anli_r1"), languages=("qab",))
    with pytest.raises(NotApplicable, match="no parts for 'qab'"):
        _challenged(facts, plan.scores[0], challenge)


def test_every_language_is_read_by_its_own_parts(encoder, tmp_path):
    """A whole cell, attack and kept lower layers included; then the clean predictions against `transformers`' X-MOD below the same head."""
    session, plan = done(encoder, tmp_path, composition="none")
    record = session.store.record(plan.transfer.key)
    assert record.plain()["training"]["steps"] == 2
    clean = next(score for score in plan.scores if not score.attack)
    assembly = session.assembly(clean, "qaa")
    assert assembly.language == "qaa" and assembly.lowest == 1
    task = session.task("pawsx")
    rows = session.scored(clean, task, "qaa").rows
    encodings = session.encode(rows, task)
    assert {e.language for e in encodings} == {"qaa"}
    for parameter in assembly.part("target_adapter").values():
        parameter.data.zero_()  # what is left is the encoder and the head
    found = predict(assembly, encodings)
    spoken = {}
    for name in ("en_XX", "qaa_XX"):
        model = stock(encoder)
        model.set_default_language(name)
        outputs = []
        for e in encodings:
            with torch.inference_mode():
                hidden = model(torch.tensor([e.ids]), attention_mask=torch.ones(1, len(e.ids)).long()).last_hidden_state
                outputs.append(torch.nn.Sequential.forward(assembly.model.heads["pawsx"], hidden[:, 0])[0].numpy())
        spoken[name] = np.stack(outputs)
    np.testing.assert_allclose(np.stack(found), spoken["qaa_XX"], atol=2e-5)
    assert np.abs(spoken["qaa_XX"] - spoken["en_XX"]).max() > 1e-3
    scores = session.store.record(clean.key).plain()["scores"]
    assert set(scores) == {"en", "qaa"}


def test_a_lent_language_is_scored_and_recorded(encoder, tmp_path):
    """One transfer, scored with each of two lenders: the training is done once, and the scores are those of different parts."""
    found = []
    for lender in ("qaa", "fr"):
        told = (f"backbone.reads.qab={lender}", "adapter.drop=0")
        session, plan = done(encoder, tmp_path, *told, languages=("en", "qab"), composition="none")
        record = session.store.record(plan.scores[0].key).plain()
        assert record["spec"]["reads"] == {"qab": lender} and set(record["scores"]) == {"en", "qab"}
        task = session.task("pawsx")
        rows = session.scored(plan.scores[0], task, "qab").rows
        found.append(np.stack(predict(session.assembly(plan.scores[0], "qab"), session.encode(rows, task))))
    assert not np.array_equal(*found)
    assert [record.step for record in session.store.records()].count("transfer") == 1


def test_a_lent_language_is_read_by_the_one_that_lends(encoder):
    head = {
        "head": Head("sequence", 2, "label"),
        "head_name": "h",
        "seed": 0,
        "block": None,
        "adapters": {},
        "trains": (),
    }
    lent, plain = (open_backbone(BackboneSettings(str(encoder), reads=reads)) for reads in ({"qab": "qaa"}, {}))
    given = [Encoding(0, (0, 17, 45, 2), None), Encoding(1, (0, 9, 300, 77, 2), None)]
    outputs = {}
    for code, backbone in (("qab", lent), ("qaa", plain), ("en", plain)):
        made = assemble(backbone, shape=AdapterSettings(), **head)
        made.speak(code)
        outputs[code] = np.stack(predict(made, given))
    assert np.array_equal(outputs["qab"], outputs["qaa"]) and not np.array_equal(outputs["qaa"], outputs["en"])
    with pytest.raises(InputError, match="reads all languages alike"):
        open_backbone(BackboneSettings("pocket", reads={"qab": "qaa"}))
    with pytest.raises(InputError, match="has parts for 'qaa' itself \\(qaa_XX\\)"):
        open_backbone(BackboneSettings(str(encoder), reads={"qaa": "en"}))
    with pytest.raises(NotApplicable, match="no parts for 'qab'"):
        assemble(plain, shape=AdapterSettings(), **head).speak("qab")


def test_it_is_calibrated_in_the_source_language(encoder, monkeypatch):
    monkeypatch.setattr(calibration, "SECONDS", 0.001)
    monkeypatch.setattr(calibration, "LENGTHS", (8,))
    told = [f"backbone.name={encoder}", "data.language=qaa"]
    found = calibration.calibrate(load_config("pocket", told))
    assert [speed.length for speed in found.speeds] == [8] and found.speeds[0].train > 0
    with pytest.raises(NotApplicable, match="no parts for 'qab'"):
        calibration.calibrate(load_config("pocket", [told[0], "data.language=qab"]))


def test_languages_mix_in_a_batch_and_an_input_that_says_its_own_has_it(encoder):
    backbone = open_backbone(BackboneSettings(str(encoder)))
    made = assemble(
        backbone, block=None, adapters={}, trains=(), shape=AdapterSettings(), head=Head("sequence", 2, "label"), head_name="h", seed=0
    )  # fmt: skip
    made.double()  # sums of a batch of one and of four differ by more than the bound in float32
    made.speak("en")
    ids = (0, 17, 45, 200, 2)
    alone = {}
    for code in ("en", "qaa", "fr"):
        made.speak(code)
        alone[code] = predict(made, [Encoding(0, ids, None)])[0]
    made.speak("en")
    mixed = predict(made, [Encoding(i, ids, None, language=code) for i, code in enumerate(("qaa", "", "fr", "qaa"))])
    for output, code in zip(mixed, ("qaa", "en", "fr", "qaa"), strict=True):
        np.testing.assert_allclose(output, alone[code], atol=1e-6)


def test_languages_of_a_batch_stay_where_they_are_read():
    """On a GPU every layer would wait for them otherwise; `meta` stands for one."""
    batch = Batch(torch.zeros(2, 3).long(), torch.ones(2, 3).bool(), spoken=torch.tensor([0, 1]))
    moved = batch.to(torch.device("meta"))
    assert moved.ids.device.type == "meta" and moved.spoken.tolist() == [0, 1]


def test_the_english_side_of_a_translation_is_english():
    label = ClassificationRow("1", "de", "1", "eins", None, 0)
    assert [e.language for e in in_languages([Encoding(0, (0, 2), 0)], [label], TASKS.get("xnli"))] == ["de"]
    pair = [Encoding(0, (0, 2), None, "query"), Encoding(0, (0, 3), None, "candidate")]
    found = {}
    for task, row in {
        "mewslix": RetrievalRow("1", "en", "1", "Q?", "c'est", "Q1", ("Q1",), candidate_language="fr"),
        "tatoeba": RetrievalRow("1", "de", "1", "one", "eins"),
        "bucc": RetrievalRow("1", "de", "1", "eins", "one", key="k", answers=("k",)),
        "lareqa": RetrievalRow("1", "de", "1", "was?", "das", key="k", answers=("k",)),
    }.items():
        found[task] = [e.language for e in in_languages(pair, [row], TASKS.get(task))]
    assert found == {"mewslix": ["en", "fr"], "tatoeba": ["en", "de"], "bucc": ["de", "en"], "lareqa": ["de", "de"]}


def test_a_candidate_is_read_in_its_own_language(encoder, tmp_path):
    """Mewsli-X's twin, whose entities are described in all languages; vectors against `transformers`' X-MOD below the same head."""
    with pytest.raises(NotApplicable, match="no parts for 'qab', 'qac', 'qad', 'qae', 'qaf'") as caught:
        planned(encoder, tmp_path, languages=("en",), target="mewslix", composition="none")
    assert "--set backbone.reads.qab=en --set backbone.reads.qac=en" in caught.value.do
    lent = {code: "qaa" if code < "qad" else "fr" for code in ("qab", "qac", "qad", "qae", "qaf")}
    told = ("transfer.tasks.mewslix.steps=2", *(f"backbone.reads.{code}={lender}" for code, lender in lent.items()))
    session, plan = done(encoder, tmp_path, *told, languages=("en",), target="mewslix", composition="none")
    clean = next(score for score in plan.scores if not score.attack)
    assert session.store.record(clean.key).plain()["spec"]["reads"] == lent
    task, assembly = session.task("mewslix"), session.assembly(clean, "en")
    rows = session.scored(clean, task, "en").rows
    encodings = session.encode(rows, task)
    own = {row.candidate_language or "en" for row in rows}
    assert {e.language for e in encodings if e.notes == "candidate"} == own and len(own) > 3
    assert {e.language for e in encodings if e.notes == "query"} == {"en"}
    for parameter in assembly.part("target_adapter").values():
        parameter.data.zero_()
    for e, vector in zip(encodings, predict(assembly, encodings), strict=True):
        model, reader = stock(encoder), lent.get(e.language, e.language)
        model.set_default_language({"en": "en_XX", "qaa": "qaa_XX", "fr": "fr_FR"}[reader])
        with torch.inference_mode():
            hidden = model(torch.tensor([e.ids]), attention_mask=torch.ones(1, len(e.ids)).long()).last_hidden_state
            expected = torch.nn.Sequential.forward(assembly.model.heads["mewslix"], hidden[:, 0])[0]
        np.testing.assert_allclose(vector, expected.numpy(), atol=2e-5)


def test_a_family_that_the_encoder_cannot_bear_is_refused_when_a_run_is_planned(encoder, tmp_path):
    folder = shutil.copytree(encoder, tmp_path / "modern")
    told = {
        "model_type": "modernbert",
        "vocab_size": 512,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    (folder / "config.json").write_text(json.dumps({**told, "intermediate_size": 48, "pad_token_id": 1}))
    with pytest.raises(NotApplicable, match="'prefix_tuning' cannot be put on modernbert"):
        planned(folder, tmp_path, "adapter.architecture=prefix_tuning", languages=("en",))
