"""Challenge sets: whose head they fit, what counts as seen, and their published files, real ones where they are there."""

import dataclasses
import json

import numpy as np
import pytest

from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.errors import DataMissing
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Encoding
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.challenge_fit import misfit
from adaptstilts.tasks.exposure import exposure

CHALLENGES = [task for task in TASKS if task.role == "challenge"]
TSV = "premise\thypothesis\tlabel\n'It''s a dog.'\t'''a' cat'\t2\n'“So”, he said'\tno quotes'\t0\n"


@pytest.mark.parametrize("challenge", CHALLENGES, ids=lambda task: task.name)
def test_every_challenge_fits_every_target_that_it_names(challenge):
    assert challenge.of and not challenge.train
    for name in challenge.of:
        assert misfit(challenge, TASKS.get(name)) == ""


@pytest.mark.parametrize(
    ("challenge", "target", "why"),
    [
        ("hans", "pawsx", "head of xnli or mnli or anli, not of pawsx"),
        ("noisy_panx", "udpos", "head of panx, not of udpos"),
    ],
)
def test_other_targets_are_refused_with_the_reason(challenge, target, why):
    assert why in misfit(TASKS.get(challenge), TASKS.get(target))


def test_a_wrong_declaration_is_told_from_a_right_one():
    hans, xnli, panx = TASKS.get("hans"), TASKS.get("xnli"), TASKS.get("panx")
    assert "2 outputs; that of xnli has 3" in misfit(dataclasses.replace(hans, options={}), xnli)
    assert "hans is a pair task, panx a tagging task" in misfit(dataclasses.replace(hans, of=("panx",)), panx)
    turned = dataclasses.replace(TASKS.get("noisy_xnli"), labels=("contradiction", "neutral", "entailment"))
    assert "another order" in misfit(turned, xnli)


def test_two_classes_of_hans_are_sums_of_a_three_way_heads_probabilities():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=3, size=(200, 3)).astype(np.float32)
    shares = np.exp(logits.astype(np.float64))
    shares /= shares.sum(axis=1, keepdims=True)
    expected = (shares[:, 1] + shares[:, 2] > shares[:, 0]).astype(int).tolist()
    rows = [ClassificationRow(str(i), "en", str(i), "a", "b", i % 2) for i in range(200)]
    encodings = [Encoding(i, (0,), None) for i in range(200)]
    kind, hans = kind_of("pair"), TASKS.get("hans")
    found = kind.decode(rows, hans, encodings, list(logits))
    assert [p.value for p in found] == expected
    best = logits.argmax(axis=1)
    assert (np.minimum(best, 1) != np.array(expected)).any(), "the cases do not tell a sum from the best label"
    gold = np.where(np.arange(200) % 2, shares[:, 1] + shares[:, 2], shares[:, 0])
    margins = np.log(gold) - np.log(1 - gold)
    assert [p.margin for p in found] == pytest.approx(margins, abs=1e-4)


@pytest.mark.parametrize(
    ("challenge", "adapters", "how"),
    [
        ("anli_r1", ("anli",), "seen"),
        ("anli_r3", ("mnli",), "unseen"),
        ("hans", ("mnli", "anli", "qqp"), "unseen"),
        ("advglue_mnli", ("mnli",), "related"),
        ("advglue_mnli", ("squad", "anli"), "related"),
        ("advglue_qqp", ("qqp",), "related"),
        ("advglue_qqp", ("mnli",), "unseen"),
        ("nli_stress", ("mnli",), "related"),
        ("adversarial_qa", ("squad2",), "related"),
        ("squad_adversarial", ("squad",), "related"),
        ("squad_adversarial", ("hellaswag",), "unseen"),
        ("noisy_panx", ("ccg",), "unseen"),
    ],
)
def test_what_adapters_have_seen(challenge, adapters, how):
    assert exposure(TASKS.get(challenge), adapters) == how


@pytest.mark.parametrize(
    ("noisy", "clean"), [("noisy_xnli", "xnli"), ("xnli_codemixed", "xnli"), ("noisy_panx", "panx")]
)
@pytest.mark.parametrize("adapters", [("mnli",), ("anli", "squad"), ("qqp",), ("udpos",)])
def test_noise_changes_nothing_about_what_was_seen(noisy, clean, adapters):
    assert exposure(TASKS.get(noisy), adapters) == exposure(TASKS.get(clean), adapters)


def rows_of(name, language, where, split="test"):
    return load(TASKS.get(name), split, language, source_of(str(where))).rows


def written(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_noisy_xnli_as_published(tmp_path):
    written(tmp_path, "xnli_noisy/test_de_typos_0.05.tsv", TSV)
    first, second = rows_of("noisy_xnli", "de", tmp_path)
    assert (first.first, first.second, first.label) == ("It''s a dog.", "''a' cat", 2)
    assert (second.first, second.second, second.label) == ("“So”, he said", "no quotes'", 0)
    assert first.source != rows_of("noisy_xnli", "de", tmp_path)[1].source


def test_two_files_of_one_name_are_not_mixed(tmp_path):
    written(tmp_path, "xnli_noisy/test_de_typos_0.05.tsv", TSV)
    written(tmp_path, "xnli_noisy/test_de_typos_0.1.tsv", TSV)
    with pytest.raises(DataMissing, match=r"test_de_typos_0\.05\.tsv, test_de_typos_0\.1\.tsv"):
        rows_of("noisy_xnli", "de", tmp_path)


def test_a_missing_set_says_how_to_get_it(tmp_path):
    with pytest.raises(DataMissing, match="adversarial-polyglots-data"):
        rows_of("xnli_codemixed", "mul", tmp_path)


def test_own_rows_in_plain_columns_are_taken_as_they_are(tmp_path):
    written(tmp_path, "noisy_xnli/fr/test.jsonl", json.dumps({"first": "'a'", "second": "b", "label": "neutral"}))
    row = rows_of("noisy_xnli", "fr", tmp_path)[0]
    assert (row.first, row.label) == ("'a'", 1)


def test_noisy_panx_as_published(tmp_path):
    line = {"tokens": ["in", "Berln"], "ner_tags": [0, 5], "langs": ["de", "de"]}
    written(tmp_path, "panx_noisy/test_de_typos_0.2.jsonl", json.dumps(line))
    row = rows_of("noisy_panx", "de", tmp_path)[0]
    assert (row.words, row.tags) == (("in", "Berln"), (0, 5))


def test_hans_as_published(tmp_path):
    head = "gold_label\tsentence1_binary_parse\tsentence1\tsentence2\tpairID\theuristic\n"
    lines = 'non-entailment\t( a )\tThe "judge" ran .\tA judge ran .\tex0\tlexical_overlap\n'
    written(tmp_path, "hans/heuristics_evaluation_set.txt", head + lines + lines.replace("non-", ""))
    rows = rows_of("hans", "en", tmp_path)
    assert [(row.first, row.label) for row in rows] == [('The "judge" ran .', 1), ('The "judge" ran .', 0)]


def test_only_the_distracted_questions_of_add_one_sent_count():
    record = {"context": "A dog ran.", "question": "Who ran?", "answers": {"text": ["dog"], "answer_start": [2]}}
    prepare = TASKS.get("squad_adversarial").prepare
    assert prepare({"id": "56be4db0acb8001400a502ec", **record}, "en") is None
    assert prepare({"id": "56be4db0acb8001400a502ec-high-conf", **record}, "en")["answers"] == record["answers"]


def test_a_file_in_squads_format_may_stand_in_for_the_hubs(tmp_path):
    qas = [{"id": "56-high-conf", "question": "Who ran?", "answers": [{"text": "dog", "answer_start": 2}]}]
    content = {"data": [{"paragraphs": [{"context": "A dog ran.", "qas": qas}]}]}
    written(tmp_path, "squad_adversarial/test.json", json.dumps(content))
    assert [row.id for row in rows_of("squad_adversarial", "en", tmp_path)] == ["56-high-conf"]


# Row counts of the published files are 5,010 and so on; those of the sample of real rows are in its index.
@pytest.mark.parametrize(
    ("name", "language", "count"),
    [("anli_r1", "en", 1000), ("anli_r2", "en", 498), ("anli_r3", "en", 603), ("hans", "en", 3000),
     ("advglue_mnli", "en", 121 + 162), ("advglue_qqp", "en", 78), ("noisy_xnli", "en", 600), ("noisy_xnli", "hi", 400),
     ("noisy_panx", "tr", 300), ("xnli_codemixed", "mul", 600)],
)  # fmt: skip
def test_real_rows(hub, name, language, count):
    rows = rows_of(name, language, hub)
    assert len(rows) == count
    assert len({row.id for row in rows}) == count


@pytest.mark.parametrize(("name", "language"), [("noisy_xnli", "en"), ("xnli_codemixed", "mul")])
def test_row_i_is_row_i_of_xnlis_test_set(hub, name, language):
    noisy, clean = rows_of(name, language, hub), rows_of("xnli", "en", hub)
    assert [row.label for row in noisy] == [row.label for row in clean]
    if name == "noisy_xnli":
        same = sum(len(set(a.first.split()) & set(b.first.split())) > 0 for a, b in zip(noisy, clean, strict=True))
        assert same > 590
    else:
        assert [row.source for row in noisy] == [row.source for row in clean]


def test_hans_is_the_same_from_its_own_file_and_from_the_hub(hub):
    mine = rows_of("hans", "en", hub)
    parquet = dataclasses.replace(TASKS.get("hans"), files={})
    theirs = load(parquet, "test", "en", source_of(str(hub))).rows
    assert [(r.first, r.second, r.label) for r in mine] == [(r.first, r.second, r.label) for r in theirs]
