"""Exported predictions, read back with readers of our own after google-research/xtreme's evaluate.py, score what was recorded."""

import json
import random
import subprocess
import sys

import pytest

from adaptstilts import ids
from adaptstilts.config.load import load_config
from adaptstilts.data.load import load
from adaptstilts.errors import CorruptArtefact, InputError, NotApplicable, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Prediction
from adaptstilts.metrics.benchmarks import Benchmark, TaskPart
from adaptstilts.plan.cell import cell
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.request import Request
from adaptstilts.report.export import LAYOUTS, export
from adaptstilts.rows import RetrievalRow, TaggingRow
from adaptstilts.steps.spec import described
from adaptstilts.store.predictions import write_predictions
from adaptstilts.store.store import PREDICTIONS, Store
from adaptstilts.tasks import TASKS
from tests.store.filled import record

LANGUAGES = ("en", "qab")
SET = ["evaluation.attacks=[]", f"evaluation.languages=[{', '.join(LANGUAGES)}]", "evaluation.rows=15"]
TARGETS = ("xnli", "pawsx", "udpos", "panx", "xquad", "tydiqa", "tatoeba", "xcopa")


def said(row, rows, task, draw):
    """A prediction that is right now and then, as the kind would store it."""
    right = draw.random() < 0.5
    if task.kind in ("pair", "choice"):
        count = len(task.labels) or len(row.choices)
        return row.label if right else draw.randrange(count)
    if task.kind == "tagging":
        return [tag if draw.random() < 0.7 else draw.randrange(len(task.labels)) for tag in row.tags]
    if task.kind == "span":
        return row.answers[0].text if right else draw.choice(["", "“nothing” here", row.context.split()[0]])
    return row.id if right else draw.choice(rows).id


def finished(store, target, settings=SET, drop=0):
    """A transfer and its clean score as `work` leaves them, with predictions drawn at random; their keys and golds."""
    config = load_config("pocket", settings)
    todo = cell(config, Request("none", (), target), None)
    task, clean = ConfigFacts(config).task(target), todo.scores[0]
    draw, lines, scores, golds = random.Random(target), [], {}, {}
    for language in clean.languages:
        rows = load(task, "test", language, ConfigFacts(config).source, clean.rows).rows
        values = [said(row, rows, task, draw) for row in rows]
        found = [Prediction(value, 0.0, 0.0) for value in values]
        scores[language] = {"n": len(rows), **kind_of(task.kind).score(rows, found, task, language)}
        golds[language] = rows
        for row, value in zip(rows, values, strict=True):
            text = json.dumps(value, ensure_ascii=False)
            lines.append({"language": language, "id": row.id, "source": row.source, "prediction": text})
            lines[-1] |= {"score": 0.0, "margin": 0.0}
    for step, made in ((todo.transfer, {}), (clean, {"scores": scores})):
        store.folder(step.key).mkdir(parents=True)
        store.finish(step.key, record(step.kind, **described(step), **made, provenance={"settings": ids.plain(config)}))
    write_predictions(store.folder(clean.key), lines[drop:])
    return todo.transfer.key, clean.key, scores, golds


def lines_of(path):
    with path.open(encoding="utf-8") as file:
        return [line.strip() for line in file]


def sentences_of(path):
    """A blank line ends a sentence; two would add an empty one."""
    found, sentence = [], []
    for line in lines_of(path):
        if line:
            sentence.append(line)
        else:
            found.append(sentence)
            sentence = []
    return [*found, sentence] if sentence else found


def score_of(target, path, rows, task):
    """The file's score by position (labels, tags, indices) or id (answers), in [0, 1]."""
    if target in ("xnli", "pawsx"):
        gold = [task.labels[row.label] if target == "xnli" else str(row.label) for row in rows]
        return sum(map(str.__eq__, lines_of(path), gold)) / len(gold)
    if target == "xcopa":
        labels = [json.loads(line)["label"] for line in lines_of(path)]
        assert all(type(label) is int for label in labels)
        return sum(label == row.label for label, row in zip(labels, rows, strict=True)) / len(rows)
    if target in ("udpos", "panx"):
        gold = [[task.labels[tag] for tag in row.tags] for row in rows]
        found = sentences_of(path)
        assert [len(s) for s in found] == [len(s) for s in gold]
        pairs = [pair for a, b in zip(found, gold, strict=True) for pair in zip(a, b, strict=True)]
        return sum(a == b for a, b in pairs) / len(pairs)
    if target == "tatoeba":
        # the leaderboard's order: English sentences sorted; gold is the line of the other file
        order = sorted(range(len(rows)), key=lambda i: rows[i].query.strip())
        return sum(line == str(i) for line, i in zip(lines_of(path), order, strict=True)) / len(rows)
    found = json.loads(path.read_text(encoding="ascii"))
    return sum(any(a.text == found[row.id] for a in row.answers) for row in rows) / len(rows)


EQUIVALENT = {"udpos": "token_accuracy", "panx": "token_accuracy", "tatoeba": "retrieval_accuracy",
              "xquad": "squad_em", "tydiqa": "squad_em"}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_files_read_back_to_the_recorded_scores(target, tmp_path):
    store = Store(tmp_path / "runs")
    key, _, scores, golds = finished(store, target)
    made = export(store, key[:8], tmp_path / "sub")
    assert [path.parent.name for path in made.files] == [target] * len(LANGUAGES)
    task = ConfigFacts(load_config("pocket", SET)).task(target)
    for language, path in zip(LANGUAGES, made.files, strict=True):
        assert path.stem == f"test-{language}"
        recorded = scores[language][EQUIVALENT.get(target, "accuracy")]
        assert score_of(target, path, golds[language], task) == pytest.approx(recorded, abs=1e-12)
        assert 0 < recorded < 1
    assert any("first 15 rows" in note for note in made.notes)
    assert any("does not know: " in note and "qab" in note for note in made.notes)


def test_folders_and_suffixes_are_the_scorers():
    suffixes = {name: (layout.folder, layout.suffix) for name, layout in LAYOUTS.items()}
    assert suffixes == {
        "pawsx": ("pawsx", "tsv"), "xnli": ("xnli", "tsv"), "panx": ("panx", "tsv"), "udpos": ("udpos", "tsv"),
        "bucc": ("bucc2018", "tsv"), "tatoeba": ("tatoeba", "tsv"), "xquad": ("xquad", "json"), "mlqa": ("mlqa", "json"),
        "tydiqa": ("tydiqa", "json"), "xcopa": ("xcopa", "jsonl"), "mewslix": ("mewslix", "json"),
    }  # fmt: skip


def written(target, rows, values, task=None):
    return LAYOUTS[target].write(task or TASKS.get("xnli"), rows, [Prediction(value, 0.0, 0.0) for value in values])


def test_tatoeba_follows_the_sorted_english_side():
    rows = [
        RetrievalRow(f"r{i}", "de", "", english, f"d{i}") for i, english in enumerate(["See.", "A cat.", "b", "A cat."])
    ]
    assert written("tatoeba", rows, ["r0", "r1", "r3", "r3"]).split() == ["1", "3", "0", "3"]


def test_mined_pairs_are_cut_at_the_threshold_that_is_best_on_gold():
    # BUCC's own names, as in the scorer's mock files: de-000413461
    rows = [RetrievalRow(f"de-{i + 1}", "de", "", f"s{i}", "", answers=(str(i + 7),)) for i in range(3)]
    rows += [RetrievalRow("de-413461", "de", "", "s3", ""), RetrievalRow("en-7", "de", "", "", "t", key="7")]
    values = [["7", 1.4], ["8", 1.2], ["99", 1.1], ["66", 0.9], None]
    assert written("bucc", rows, values) == "de-000000001\ten-000000007\nde-000000002\ten-000000008\n"


def test_rankings_are_by_mention_and_in_ascii():
    rows = [RetrievalRow("é1", "de", "", "q", "", answers=("Q1",)), RetrievalRow("2", "de", "", "", "c", key="Q1")]
    text = written("mewslix", rows, [["Q2", "Q1"], None])
    assert text.isascii()
    assert json.loads(text) == {"é1": ["Q2", "Q1"]}


def test_tags_must_be_as_many_as_words():
    row = TaggingRow("1", "de", "", ("a", "b"), (0, 0))
    with pytest.raises(InputError, match="1 tags for 2 words"):
        written("panx", [row], [[0]], TASKS.get("panx"))


def test_a_whole_run_on_the_benchmarks_languages_has_no_notes(tmp_path, monkeypatch):
    store = Store(tmp_path / "runs")
    key, *_ = finished(store, "pawsx", [*SET[:2], "evaluation.rows=null"])
    part = TaskPart("pawsx", "classification", LANGUAGES, ("accuracy",))
    monkeypatch.setattr("adaptstilts.report.export.BENCHMARKS", {"small": Benchmark("small", (part,), "")})
    assert export(store, key, tmp_path / "sub").notes == ()


def test_several_runs_share_a_folder_and_an_export_replaces_the_one_before(tmp_path):
    store = Store(tmp_path / "runs")
    keys = [finished(store, target)[0] for target in ("xnli", "xquad")]
    for key in (*keys, keys[0]):
        export(store, key, tmp_path / "sub")
    assert sorted(p.name for p in (tmp_path / "sub").iterdir()) == ["xnli", "xquad"]
    assert len(list((tmp_path / "sub").rglob("test-*"))) == 4


def test_the_score_over_most_rows_is_taken(tmp_path):
    store = Store(tmp_path / "runs")
    key, *_ = finished(store, "pawsx")
    more = [*SET[:2], "evaluation.rows=20"]
    config = load_config("pocket", more)
    clean = cell(config, Request("none", (), "pawsx"), None).scores[0]
    rows = [
        row
        for code in LANGUAGES
        for row in load(ConfigFacts(config).task("pawsx"), "test", code, ConfigFacts(config).source, 20).rows
    ]
    store.folder(clean.key).mkdir(parents=True)
    store.finish(clean.key, record(clean.kind, **described(clean)))
    write_predictions(
        store.folder(clean.key),
        [
            {"language": r.language, "id": r.id, "source": r.source, "prediction": "1", "score": 0.0, "margin": 0.0}
            for r in rows
        ],
    )
    made = export(store, key, tmp_path / "sub")
    assert [lines_of(path) for path in made.files] == [["1"] * 20] * 2


def test_what_cannot_be_exported_says_why(tmp_path):
    store = Store(tmp_path / "runs")
    with pytest.raises(UnknownName, match="run"):
        export(store, "0123456789abcdef", tmp_path / "sub")
    key, clean, *_ = finished(store, "xnli", drop=1)
    with pytest.raises(CorruptArtefact, match="no prediction for en row"):
        export(store, key, tmp_path / "sub")
    (store.folder(clean) / PREDICTIONS).unlink()
    with pytest.raises(CorruptArtefact):
        export(store, key, tmp_path / "sub")
    (store.folder(clean) / "record.json").unlink()
    with pytest.raises(InputError, match="no clean score"):
        export(store, key, tmp_path / "sub")


def test_a_target_without_a_file_format_is_refused(tmp_path):
    store = Store(tmp_path / "runs")
    key, *_ = finished(store, "mnli", [SET[0], SET[2]])
    with pytest.raises(NotApplicable, match="no file format for 'mnli'"):
        export(store, key, tmp_path / "sub")


def test_the_verb_prints_files_and_tells_what_is_missing(tmp_path):
    key, *_ = finished(Store(tmp_path / "runs"), "tatoeba")
    words = ["export", "--xtreme", "sub", key[:8], "--json"]
    done = subprocess.run([sys.executable, "-m", "adaptstilts", *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] == [f"sub/tatoeba/test-{language}.tsv" for language in LANGUAGES]
    assert "note: tatoeba lacks 36" in done.stderr
