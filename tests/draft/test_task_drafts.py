"""Declarations drafted from files: what they say is what `check` then finds, whatever the kind, the layout and the names."""

import csv
import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.config.include import INCLUDED, include
from adaptstilts.data.check import check
from adaptstilts.data.identity import identity
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.draft import labels as drafted_labels
from adaptstilts.draft.task import draft_task
from adaptstilts.errors import AdaptstiltsError, DataMissing, InputError, UnknownName
from adaptstilts.kinds import KINDS
from adaptstilts.tasks import TASKS

SPANS = {
    "context": "Oslo is in Norway.",
    "question": "Where is Oslo?",
    "answers": {"text": ["Norway"], "answer_start": [11]},
}
ROWS = {
    "single": [{"id": f"r{i}", "text": f"a text of number {i}", "label": "ab"[i % 2]} for i in range(12)],
    "pair": [{"id": f"r{i}", "first": f"one {i}", "second": f"two {i}", "label": i % 3} for i in range(12)],
    "choice": [
        {"id": f"r{i}", "context": f"it fell {i}", "question": "", "choices": ["it broke", "it sang"], "label": i % 2}
        for i in range(12)
    ],
    "span": [{"id": f"q{i}", **SPANS} for i in range(12)],
    "tagging": [{"id": f"r{i}", "words": ["Oslo", "is"], "tags": ["B-LOC", "O"]} for i in range(12)],
    "retrieval": [{"id": f"r{i}", "query": f"it rains {i}", "candidate": f"es regnet {i}"} for i in range(12)],
}


@pytest.fixture
def registry(monkeypatch):
    """The tasks as they are afterwards, too."""
    TASKS.names()
    for name in ("_entries", "_origins"):
        monkeypatch.setattr(TASKS, name, dict(getattr(TASKS, name)))
    before = list(INCLUDED)
    yield
    INCLUDED[:] = before


def put(file, records):
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    elif file.suffix == ".tsv":
        lines = ["\t".join(records[0]), *("\t".join(map(str, record.values())) for record in records)]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif file.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(records), file)
    else:
        file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def declared(draft, folder):
    """The task as its file declares it, let in from outside."""
    file = folder / f"{draft.name}.py"
    file.write_text(draft.text, encoding="utf-8")
    include(file)
    return TASKS.get(draft.name)


def checked(task, folder):
    report = check(task, source_of(str(folder)))
    assert not report.problems, report
    assert not any(split.missing for split in report.splits if split.split != "test")
    return report


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_rows_in_the_kinds_own_columns_need_nothing_said(kind, suffix, tmp_path, registry):
    for place in ("en/train", "en/test", "de/test", "sw/test"):
        put(tmp_path / "data" / "mine" / f"{place}{suffix}", ROWS[kind])
    draft = draft_task("mine", kind, tmp_path / "data")
    task = declared(draft, tmp_path)
    assert not task.columns and not task.files and task.local and task.parallel
    assert task.languages == ("de", "en", "sw") and task.metric in KINDS[kind].metrics
    report = checked(task, tmp_path / "data")
    assert report.rows == 4 * len(ROWS[kind]) and not any(split.missing for split in report.splits)


def test_each_kind_has_its_labels(tmp_path):
    found = {}
    for kind, rows in ROWS.items():
        put(tmp_path / kind / "mine" / "train.jsonl", rows)
        found[kind] = draft_task("mine", kind, tmp_path / kind).fields["labels"]
    none = dict.fromkeys(("choice", "span", "retrieval"), ())
    assert found == {"single": ("a", "b"), "pair": ("0", "1", "2"), "tagging": ("B-LOC", "O"), **none}


@pytest.mark.parametrize(
    "layout",
    [
        "{c}/{s}.csv",
        "{s}/{c}.csv",
        "{s}.{c}.csv",
        "mine_{c}_{s}.csv",
        "mine-{s}-{c}.tsv",
        "deep/{c}/{s}.jsonl",
        "{c}/validation.csv",
    ],
)
@pytest.mark.parametrize("home", ["data", "data/mine"])
def test_languages_and_splits_are_told_from_names(layout, home, tmp_path, registry):
    splits = ["test"] if "{s}" not in layout else ["train", "test"]
    for split in splits:
        for code in ("en", "pt", "sw"):
            put(tmp_path / home / layout.format(c=code, s=split), ROWS["pair"])
    task = declared(draft_task("mine", "pair", tmp_path / "data"), tmp_path)
    assert task.languages == ("en", "pt", "sw")
    assert bool(task.files) != (home == "data/mine" and layout in ("{c}/{s}.csv", "{c}/validation.csv"))
    report = check(task, source_of(str(tmp_path / "data")), ["en", "pt", "sw"])
    assert not report.problems and report.rows == len(ROWS["pair"]) * (4 if len(splits) == 2 else 3)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize("home", ["data", "data/mine"])
def test_a_column_may_tell_the_language(suffix, home, tmp_path, registry):
    rows = [{**row, "lang": code} for row in ROWS["pair"] for code in ("en", "pt", "sw")]
    put(tmp_path / home / f"test{suffix}", rows)
    put(tmp_path / home / f"train{suffix}", [row for row in rows if row["lang"] == "en"])
    draft = draft_task("mine", "pair", tmp_path / "data")
    task = declared(draft, tmp_path)
    assert task.languages == ("en", "pt", "sw") and task.parallel and draft.counts["test", "sw"] == len(ROWS["pair"])
    report = check(task, source_of(str(tmp_path / "data")), ["en", "pt", "sw"])
    assert not report.problems and report.rows == 4 * len(ROWS["pair"])
    (row, *_) = load(task, "test", "pt", source_of(str(tmp_path / "data"))).rows
    assert (row.language, row.first) == ("pt", "one 0")


SPLITS = {"train": "Train", "dev": "validation", "test": "test"}
"""What rows call their splits in a file that holds all of them."""


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("languages", ["in a column", "in names", "none"])
def test_a_column_may_tell_the_split(suffix, languages, tmp_path, registry):
    codes = ("en",) if languages == "none" else ("en", "pt", "sw")
    spoken = {"language": "en"} if languages == "in a column" else {}
    rows = [
        {**row, **(spoken and {"language": code}), "split": SPLITS[split], "text_id": f"{code}-{split}-{n}"}
        for code in codes
        for split in (SPLITS if code == "en" else ("test",))
        for n, row in enumerate(ROWS["pair"])
    ]
    if languages == "in names":
        for code in codes:
            put(tmp_path / "data" / f"all_{code}{suffix}", [r for r in rows if r["text_id"].startswith(code)])
    else:
        put(tmp_path / "data" / f"everything{suffix}", rows)
    draft = draft_task("mine", "pair", tmp_path / "data")
    task = declared(draft, tmp_path)
    assert task.split_by == "split" and set(task.files) == set(SPLITS) and task.languages == codes
    size = len(ROWS["pair"])
    assert draft.counts == {("train", "en"): size, ("dev", "en"): size} | {("test", code): size for code in codes}
    assert not set(draft.unused) & {"split", "language"}
    where = source_of(str(tmp_path / "data"))
    for code in codes:
        assert [row.first for row in load(task, "test", code, where).rows] == [row["first"] for row in ROWS["pair"]]
    assert not check(task, where).problems and len(load(task, "train", "en", where).rows) == size
    assert identity(task, where, "dev", ["en"]) != identity(task, where, "test", ["en"])


def test_a_split_is_no_label_and_one_that_is_none_is_told(tmp_path, registry):
    rows = [
        {"said": f"a long text that somebody wrote, {i}", "mood": "abcd"[i % 4], "Set": ("train", "test")[i % 2]}
        for i in range(16)
    ]
    put(tmp_path / "data" / "moods.csv", rows)
    draft = draft_task("mine", "single", tmp_path / "data")
    assert {name: match.column for name, match in draft.columns.items()} == {"text": "said", "label": "mood"}
    task, where = declared(draft, tmp_path), source_of(str(tmp_path / "data"))
    assert task.split_by == "Set" and len(load(task, "train", "en", where).rows) == 8
    put(tmp_path / "data" / "moods.csv", [*rows, {**rows[0], "Set": "holdout"}])
    for refused in (lambda: draft_task("other", "single", tmp_path / "data"), lambda: load(task, "test", "en", where)):
        with pytest.raises(DataMissing, match=r"line 18 of .*moods.csv: the column 'Set' says 'holdout'"):
            refused()
    with pytest.raises(DataMissing, match="a column `split` says train, dev or test"):
        put(tmp_path / "none" / "moods.csv", [{k: v for k, v in row.items() if k != "Set"} for row in rows])
        draft_task("other", "single", tmp_path / "none")


def test_columns_by_other_names_and_by_what_they_look_like(tmp_path, registry):
    rows = [
        {"nr": i, "Sentence1": f"one {i}", "other text": f"two {i}", "verdict": ("no", "yes")[i % 2]} for i in range(12)
    ]
    put(tmp_path / "data" / "mine" / "en" / "test.csv", rows)
    draft = draft_task("mine", "pair", tmp_path / "data")
    assert {own: (match.column, match.guessed) for own, match in draft.columns.items()} == {
        "first": ("Sentence1", False), "second": ("other text", True), "label": ("verdict", True),
    }  # fmt: skip
    task = declared(draft, tmp_path)
    rows = load(task, "test", "en", source_of(str(tmp_path / "data"))).rows
    assert [(row.first, row.second, row.label) for row in rows[:2]] == [("one 0", "two 0", 0), ("one 1", "two 1", 1)]


def test_the_longest_text_is_the_text(tmp_path):
    rows = [
        {"who": f"user {i}", "said": f"a long text that somebody wrote, number {i}", "mood": "ab"[i % 2]}
        for i in range(12)
    ]
    put(tmp_path / "mine" / "train.jsonl", rows)
    found = draft_task("mine", "single", tmp_path).columns
    assert {name: match.column for name, match in found.items()} == {"label": "mood", "text": "said"}


def test_a_column_may_be_named(tmp_path):
    rows = [{"a": f"one {i}", "b": f"two {i}", "x": i % 2, "y": i % 3} for i in range(12)]
    put(tmp_path / "mine" / "train.csv", rows)
    chosen = {"first": "b", "second": "a", "label": "y"}
    draft = draft_task("mine", "pair", tmp_path, chosen=chosen)
    assert draft.fields["columns"] == chosen and draft.fields["labels"] == ("0", "1", "2")
    for wrong in ({"first": "c"}, {"frist": "a"}):
        with pytest.raises(InputError, match="no such columns"):
            draft_task("mine", "pair", tmp_path, chosen=wrong)


@pytest.mark.parametrize(
    "values", [[1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"], [-1, 0, 1], [True, False], ["no", "yes"]]
)
@pytest.mark.parametrize("name", ["label", "stars"])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_labels_come_back_as_they_were_written(values, name, suffix, tmp_path, registry):
    rows = [{"text": f"a text {i}", name: values[i % len(values)]} for i in range(20)]
    put(tmp_path / "mine" / "train.jsonl", rows) if suffix == ".jsonl" else put(tmp_path / "mine" / "train.csv", rows)
    task = declared(draft_task("mine", "single", tmp_path), tmp_path)
    rows = sorted(load(task, "train", "en", source_of(str(tmp_path))).rows, key=lambda row: int(row.id))
    written = {str(value).lower() for value in values}
    assert {label.lower() for label in task.labels} == written
    assert [task.labels[row.label].lower() for row in rows] == [str(values[i % len(values)]).lower() for i in range(20)]


def test_a_language_that_is_only_trained_in_is_read_too(tmp_path, registry):
    """Of files that lie elsewhere than usual, and where the folder of the task's name is the one that is named."""
    for place in ("en/train", "de/test", "sw/test"):
        put(tmp_path / "mine" / f"{place}.csv", ROWS["pair"])
    task = declared(draft_task("mine", "pair", tmp_path / "mine"), tmp_path)
    where = source_of(str(tmp_path / "mine"))
    assert task.files and facts_for(task, where).languages == ("de", "sw")
    assert len(load(task, "train", "en", where).rows) == len(ROWS["pair"])


HOSTILE = ['"', "'", '"""', "\\", "a\nb", "{x}", "\u202e", "é", 'x"); import os; os.abort()  #', "None", "((", "\u2028"]


def test_whatever_labels_and_columns_are_called_the_file_says_just_that(tmp_path, registry):
    rows = [{'te"xt': f"a long text {i}", "la'bel\n": HOSTILE[i % len(HOSTILE)]} for i in range(4 * len(HOSTILE))]
    put(tmp_path / "mine" / "train.jsonl", rows)
    draft = draft_task("mine", "single", tmp_path, summary='a "quoted" \\ summary """ of\n mine')
    task = declared(draft, tmp_path)
    assert set(task.labels) == set(HOSTILE) and task.columns == {"text": 'te"xt', "label": "la'bel\n"}
    assert checked(task, tmp_path).rows == len(rows)


def test_halves_of_letters_are_written_as_such_and_left_to_check(tmp_path, registry):
    (tmp_path / "mine").mkdir()
    rows = [{"text": f"a long text {i}", "label": ("a", "b\ud800")[i % 2]} for i in range(8)]
    (tmp_path / "mine" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert declared(draft_task("mine", "single", tmp_path), tmp_path).labels == ("a", "b\ud800")


def test_label_names_that_a_data_set_declares_are_the_labels(tmp_path, registry):
    import datasets

    rows = datasets.Dataset.from_list([{"text": f"a text {i}", "label": i % 2} for i in range(8)])
    (tmp_path / "mine").mkdir()
    rows.cast_column("label", datasets.ClassLabel(names=["sport", "art"])).to_parquet(
        tmp_path / "mine" / "train.parquet"
    )
    task = declared(draft_task("mine", "single", tmp_path), tmp_path)
    assert task.labels == ("sport", "art") and checked(task, tmp_path).rows == 8


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["en/test"], "no training rows"),
        (["de/train", "de/test", "en/test"], "--source-lang=de"),
        (["en/train", "en/test", "sw/train"], "no dev or test rows in sw"),
        (["en/train", "en/test", "sw/dev"], "no test rows in sw: dev"),
        (["en/train", "en/test"], "one language only"),
    ],
)
def test_what_is_missing_is_said(places, told, tmp_path):
    for place in places:
        put(tmp_path / "mine" / f"{place}.csv", ROWS["pair"])
    assert any(told in said for said in draft_task("mine", "pair", tmp_path).missing)


def test_rows_without_labels_ids_or_answers_are_said(tmp_path, registry):
    rows = [{"text": f"a long text {i}", "label": ("", "a")[i % 2]} for i in range(8)]
    for code in ("en", "de"):
        put(tmp_path / "mine" / code / "test.csv", rows)
    missing = " ".join(draft_task("mine", "single", tmp_path).missing)
    assert (
        "8 values without a label" in missing
        and "two labels or more: the files have a" in missing
        and "`id`" in missing
    )
    asked = [{**ROWS["span"][0], "id": "x", "answers": {"text": [], "answer_start": []}}, *ROWS["span"]]
    put(tmp_path / "asked" / "train.jsonl", asked)
    assert checked(declared(draft_task("asked", "span", tmp_path), tmp_path), tmp_path).rows == len(asked)


REFUSED = [
    (["en/rows.csv"], ROWS["pair"], DataMissing, r"there are en/rows\.csv"),
    (["en/train.csv", "train-de.csv"], ROWS["pair"], InputError, "no one rule"),
    (["train.csv"], [{"a": "x", "b": "y"}], InputError, "no column looks like label; the files have a, b"),
    (["train.csv"], [{"a;b;c": f"x;y;{i}"} for i in range(9)], InputError, "by semicolons"),
    (["train.csv"], [{"text": f"t {i}", "label": 0.5 + i} for i in range(9)], None, ""),
    (["train.jsonl"], [{"text": f"t {i}", "label": 0.5 + i} for i in range(9)], InputError, "numbers with fractions"),
    (["train.jsonl"], [{"text": "t", "label": f"l {i}"} for i in range(1200)], InputError, "1,200 different values"),
]


@pytest.mark.parametrize(("places", "rows", "error", "told"), REFUSED)
def test_files_that_tell_nothing_are_refused_with_what_to_do(places, rows, error, told, tmp_path):
    for place in places:
        put(tmp_path / "data" / place, rows)
    kind = "single" if "text" in rows[0] else "pair"
    if error is None:
        assert draft_task("mine", kind, tmp_path / "data").fields["labels"][0] == "0.5"
        return
    with pytest.raises(error, match=told) as caught:
        draft_task("mine", kind, tmp_path / "data")
    assert caught.value.do
    with pytest.raises(UnknownName, match="pair"):
        draft_task("mine", "pear", tmp_path / "data")
    with pytest.raises(DataMissing, match="no such folder"):
        draft_task("mine", kind, tmp_path / "nowhere")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_files_that_do_not_read_are_named(suffix, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"train{suffix}").write_bytes(b"text\tlabel\n\xff\xfe\t1\n")
    with pytest.raises(AdaptstiltsError, match=rf"train\{suffix}"):
        draft_task("mine", "single", tmp_path)


def call(*words):
    done = CliRunner().invoke(cli, list(words), standalone_mode=False)
    if isinstance(done.exception, AdaptstiltsError):
        raise done.exception
    assert not done.exception, done.exception
    return done


def test_the_verb_writes_a_file_that_check_passes_and_takes_nobodys_place(tmp_path, monkeypatch, registry):
    monkeypatch.chdir(tmp_path)
    for place in ("en/train", "en/test", "de/test", "sw/test"):
        put(tmp_path / "data" / "films" / f"{place}.csv", ROWS["pair"])
    words = ("new", "task", "films", "--kind", "pair", "--data", "data")
    done = call(*words, "--role", "target")
    assert "films.py" in done.stdout and "adaptstilts --include films.py check films --data data" in done.stderr
    report = json.loads(call("--include", "films.py", "check", "films", "--data", "data", "--json").stdout)
    assert sum(split["rows"] for split in report["splits"]) == 48
    with pytest.raises(InputError, match="a file here already"):
        call("new", "task", "reels", "--kind", "pair", "--data", "data/films", "--to", "films.py")
    for taken in ("xnli", "phang2020"):
        with pytest.raises(InputError, match="the name of something already"):
            call("new", "task", taken, "--kind", "pair", "--data", "data")
    with pytest.raises(InputError, match="can be no task's name"):
        call("new", "task", "../films", "--kind", "pair", "--data", "data")


def test_a_column_without_blanks_is_no_text(tmp_path):
    """What a newcomer had: fact checks with numbers of their own, of which `nr` was once the first text."""
    rows = [
        {
            "nr": f"c-{i:03}",
            "statement": f"it is said {i}",
            "evidence": f"it is so {i}",
            "verdict": ("no", "yes")[i % 2],
        }
        for i in range(12)
    ]
    for place in ("en/train", "en/test", "de/test"):
        put(tmp_path / "facts" / f"{place}.csv", rows)
    draft = draft_task("facts", "pair", tmp_path)
    found = {name: match.column for name, match in draft.columns.items()}
    assert found == {"first": "evidence", "second": "statement", "label": "verdict"} and draft.unused == ("nr",)
    assert [said for said in draft.doubts if "--column id=nr" in said]
    named = draft_task("facts", "pair", tmp_path, chosen={"id": "nr"})
    assert named.fields["columns"]["id"] == "nr" and not named.unused and named.fields["parallel"] and not named.doubts
    odd = [
        {"a": row["nr"], "b": row["statement"], "c": row["evidence"], "d": f"more {row['nr']}", "y": row["verdict"]}
        for row in rows
    ]
    put(tmp_path / "odd" / "train.jsonl", odd)
    draft = draft_task("odd", "pair", tmp_path)
    assert {name: match.column for name, match in draft.columns.items()} == {"first": "b", "second": "c", "label": "y"}
    assert draft.unused == ("a", "d") and any("d might as well be first or second" in said for said in draft.doubts)


def test_scripts_without_blanks_have_texts(tmp_path):
    rows = [{"nr": f"r{i}", "文": f"电影很好看{'一二三四五六七八九十甲乙'[i]}", "label": i % 2} for i in range(12)]
    put(tmp_path / "mine" / "zh" / "train.csv", rows)
    assert draft_task("mine", "single", tmp_path).columns["text"].column == "文"


def test_labels_are_counted_by_language_and_odd_ones_told(tmp_path):
    for place, labels in (("en/train", ["yes", "no"]), ("en/test", ["yes", "Yes "]), ("de/test", ["no", "maybe"])):
        rows = [{"text": f"a text {i}", "label": labels[i % 2]} for i in range(12)]
        put(tmp_path / "mine" / f"{place}.csv", rows)
    draft = draft_task("mine", "single", tmp_path)
    assert draft.labels == {"de": {"no": 6, "maybe": 6}, "en": {"yes": 12, "no": 6, "Yes ": 6}}
    assert drafted_labels.told(draft.labels["en"]) == "yes 12, 'Yes ' 6, no 6"
    spelt, absent = draft.doubts
    assert "'Yes ' 'yes'" in spelt and "'Yes ', 'maybe'" in absent


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_whole_numbers_with_points_are_labels(suffix, tmp_path, registry):
    """As data frames write whole numbers where some are missing."""
    put(tmp_path / "mine" / f"train{suffix}", [{"text": f"a text {i}", "stars": float(i % 2)} for i in range(12)])
    draft = draft_task("mine", "single", tmp_path)
    assert draft.fields["labels"] == ("0", "1") and draft.labels == {"en": {"0": 6, "1": 6}}
    task = declared(draft, tmp_path)
    rows = sorted(load(task, "train", "en", source_of(str(tmp_path))).rows, key=lambda row: int(row.id))
    assert [row.label for row in rows] == [0, 1] * 6 and checked(task, tmp_path).rows == 12


def test_rows_in_another_language_are_checked_by_what_is_said_next(tmp_path, monkeypatch, registry):
    monkeypatch.chdir(tmp_path)
    for place in ("de/train", "de/test", "sw/test"):
        put(tmp_path / "data" / "filme" / f"{place}.csv", [{"nr": f"f{i}", **ROWS["pair"][i]} for i in range(12)])
    said = call("new", "task", "filme", "--kind", "pair", "--data", "data").stderr
    assert "labels de: 0 8, 1 8, 2 8" in said and "not used: nr" in said
    first, second = [line.split()[1:] for line in said.splitlines() if line.startswith("  adaptstilts")]
    assert second[2:] == ["none", "--target", "filme", "--data", "data", "--source-lang", "de", "--config", "small"]
    assert sum(split["rows"] for split in json.loads(call(*first, "--json").stdout)["splits"]) == 36


LOCAL = """
from adaptstilts.tasks import Task

task = Task(name="mine", kind="pair", role="target", summary="s", metric="accuracy", labels=("a", "b"))
"""


def test_a_local_task_says_where_its_rows_go(tmp_path, monkeypatch, registry):
    """Without a source and without files: once an empty table and exit code 2."""
    (tmp_path / "mine.py").write_text(LOCAL, encoding="utf-8")
    (tmp_path / "data").mkdir()
    include(tmp_path / "mine.py")
    task = TASKS.get("mine")
    report = check(facts_for(task, source_of(str(tmp_path / "data"))), source_of(str(tmp_path / "data")))
    assert {split.split for split in report.splits} == {"train", "test"}
    assert all("mine/en/" in split.missing and "first, second, label" in split.missing for split in report.splits)
    with pytest.raises(DataMissing, match=r"no rows in the pocket lab(.|\n)*mine/en/train\.jsonl(.|\n)*--data"):
        facts_for(task, source_of("pocket"))
    with pytest.raises(DataMissing, match="mine/en/test"):
        load(task, "test", "en", source_of("hub"))
