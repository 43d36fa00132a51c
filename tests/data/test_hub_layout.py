"""Real rows in the Hub's layout, read against the sample's own index, known rows and the `datasets` library."""

import pytest

from adaptstilts.data.files.folder import shards_of, sources_for
from adaptstilts.data.files.records import read_files
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.tasks import TASKS

CORE = [
    "anli",
    "ccg",
    "cosmosqa",
    "csqa",
    "hellaswag",
    "mnli",
    "panx",
    "pawsx",
    "qqp",
    "squad",
    "squad2",
    "tatoeba",
    "tydiqa",
    "udpos",
    "xcopa",
    "xnli",
    "xquad",
    "mlqa",
    "lareqa",
    "copa",
    "siqa",
]


@pytest.fixture(scope="module")
def where(hub):
    return source_of(str(hub))


def text(row):
    return " ".join(str(value) for value in vars(row).values())


@pytest.mark.parametrize("name", CORE)
def test_every_task_loads_in_every_language_it_has(where, name):
    task = facts_for(TASKS.get(name), where)
    for language in task.languages:
        loaded = load(task, "test", language, where, 50)
        assert 40 <= sum(bool(getattr(row, "query", "?")) for row in loaded.rows) <= 50  # a pool is never cut
        assert {row.language for row in loaded.rows} == {language}
        assert loaded.split_used in {"test", "dev"}
    if task.train or task.obtain:
        assert len(load(task, "train", "en", where, 50).rows) == 50


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("xnli", 15),
        ("pawsx", 7),
        ("xquad", 12),
        ("mlqa", 7),
        ("lareqa", 11),
        ("tydiqa", 9),
        ("xcopa", 11),
        ("panx", 12),
        ("udpos", 15),
        ("tatoeba", 15),
    ],
)
def test_as_many_languages_as_the_sample_has(where, name, count):
    assert len(facts_for(TASKS.get(name), where).languages) == count


@pytest.mark.parametrize(
    ("name", "split", "language", "count"),
    [
        ("tydiqa", "train", "en", 3696),  # English only: the file holds 3,996 rows
        ("tydiqa", "test", "ko", 80),
        ("xcopa", "train", "en", 5400),
        ("anli", "train", "en", 3081 + 502 + 595 + 8000 + 8000),
        ("anli", "dev", "en", 1000 + 498 + 603),
        ("csqa", "dev", "en", 1221),
        ("xquad", "train", "en", 4999),
        ("ccg", "train", "en", 1928),
        ("ccg", "dev", "en", 399),
        ("tatoeba", "test", "jv", 205),
    ],
)
def test_as_many_rows_as_the_index_says(where, name, split, language, count):
    assert len(load(TASKS.get(name), split, language, where).rows) == count


@pytest.mark.parametrize("language", ["es", "fr", "ja", "ko"])
def test_pawsx_says_that_dev_stands_in(where, language):
    assert load(TASKS.get("pawsx"), "test", language, where, 5).split_used == "dev"
    assert load(TASKS.get("pawsx"), "test", "de", where, 5).split_used == "test"


KNOWN = [
    ("xnli", "dev", "en", "He told his mom he had gotten home.", "entailment"),
    ("xnli", "dev", "en", "He didn't say a word.", "contradiction"),
    ("mnli", "dev", "en", "I know exactly.", "contradiction"),
    ("qqp", "dev", "en", "I want to change my name, how do I do it?", "duplicate"),
    ("qqp", "dev", "en", "Who is the most misunderstood character in Game of Thrones?", "not_duplicate"),
    ("anli", "dev", "en", "Form and meaning are the only aspects of language linguistics is concerned with.", "contradiction"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "split", "language", "needle", "label"), KNOWN)
def test_labels_of_known_pairs(where, name, split, language, needle, label):
    """A person can tell these labels from the texts."""
    task = TASKS.get(name)
    found = [row for row in load(task, split, language, where).rows if row.second == needle]
    assert [task.labels[row.label] for row in found] == [label]


def test_pawsx_labels(where):
    task = TASKS.get("pawsx")
    row = next(
        r for r in load(task, "test", "en", where).rows if r.first.startswith("Winarsky is a member of the IEEE")
    )
    assert task.labels[row.label] == "paraphrase"  # the same memberships in another order


def test_known_tags(where):
    udpos, panx = TASKS.get("udpos"), TASKS.get("panx")
    row = next(r for r in load(udpos, "test", "en", where).rows if r.words[:3] == ("$", "5,000", "per"))
    assert [udpos.labels[tag] for tag in row.tags] == [
        "SYM",
        "NUM",
        "ADP",
        "NOUN",
        "PUNCT",
        "DET",
        "NOUN",
        "VERB",
        "PUNCT",
    ]
    row = next(r for r in load(panx, "test", "de", where).rows if r.words == ("Fernando", "Belaúnde", "Terry"))
    assert [panx.labels[tag] for tag in row.tags] == ["B-PER", "I-PER", "I-PER"]


def test_known_supertags(where):
    task = facts_for(TASKS.get("ccg"), where)
    row = load(task, "dev", "en", where).rows[1]
    assert " ".join(row.words) == "How much gravity exists on Mars ?"
    assert [task.labels[tag] for tag in row.tags][1:] == ["NP/N", "N", "(S[dcl]\\NP)/PP", "PP/NP", "N", "."]
    assert len(task.labels) == 250


def test_known_choices(where):
    row = load(TASKS.get("csqa"), "dev", "en", where, 1).rows[0]
    assert (row.choices[row.label], row.choices[-1]) == ("bank", "new york")
    row = load(TASKS.get("hellaswag"), "dev", "en", where, 1).rows[0]
    assert row.choices[row.label] == "the boy lifts his body above the height of a pole."
    row = load(TASKS.get("xcopa"), "test", "it", where, 1).rows[0]
    assert (row.question, row.choices[row.label]) == ("What was the cause?", "Era delicato.")


def test_known_pairs_of_sentences(where):
    row = load(TASKS.get("tatoeba"), "test", "de", where, 1).rows[0]
    assert (row.query, row.candidate) == (
        "Mary said she didn't know where Tom was.",
        "Maria sagte, sie wisse nicht, wo Tom sei.",
    )


@pytest.mark.parametrize(("name", "most"), [("xnli", 0.0), ("xcopa", 0.0), ("pawsx", 0.016)])
def test_translations_of_one_source_have_one_label(where, name, most):
    """The translators kept labels; those of PAWS-X differ from English in up to 1.6 % of the rows."""
    task = facts_for(TASKS.get(name), where)
    first = "en" if "en" in task.languages else task.languages[0]
    base = {row.source: row.label for row in load(task, "dev", first, where).rows}
    for language in task.languages:
        labels = {row.source: row.label for row in load(task, "dev", language, where).rows}
        assert labels.keys() == base.keys()
        assert sum(labels[s] != base[s] for s in base) <= most * len(base)


def test_sources_are_shared_by_translations_only(where):
    sources = {code: {r.source for r in load(TASKS.get("xquad"), "test", code, where).rows} for code in ("de", "th")}
    assert sources["de"] == sources["th"]
    sources = {code: {r.source for r in load(TASKS.get("panx"), "test", code, where).rows} for code in ("de", "tr")}
    assert sources["de"].isdisjoint(sources["tr"])


@pytest.mark.parametrize(
    ("name", "split", "language"), [("udpos", "test", "th"), ("xquad", "test", "zh"), ("tatoeba", "test", "sw")]
)
def test_records_equal_those_of_the_datasets_library(where, tmp_path, name, split, language):
    import datasets

    (source,) = sources_for(TASKS.get(name), split, language)
    (part,) = shards_of(TASKS.get(name), split, language, where.path)
    home = str(where.path / "datasets" / source.id)
    theirs = datasets.load_dataset(home, source.config, split=source.split, cache_dir=str(tmp_path))
    assert list(read_files(part.files).all()) == theirs.to_list()


def test_the_folder_above_works_too(hub):
    where = source_of(str(hub))
    assert load(TASKS.get("xnli"), "test", "sw", where, 3).rows
    assert load(TASKS.get("ccg"), "train", "en", where, 3).rows


def parquet(path, labels):
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([{"premise": "p", "hypothesis": "h", "label": 0}])
    features = {"info": {"features": {"label": {"names": labels, "_type": "ClassLabel"}}}}
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), path)


def test_another_label_order_is_refused(tmp_path):
    parquet(
        tmp_path / "facebook" / "xnli" / "sw" / "test-00000-of-00001.parquet",
        ["neutral", "entailment", "contradiction"],
    )
    with pytest.raises(InputError, match="labels come as neutral, entailment"):
        load(TASKS.get("xnli"), "test", "sw", source_of(str(tmp_path)))


def test_shards_without_a_readme_are_found(tmp_path):
    for shard in range(2):
        parquet(
            tmp_path / f"facebook/xnli/sw/test-0000{shard}-of-00002.parquet", ["entailment", "neutral", "contradiction"]
        )
    assert len(load(TASKS.get("xnli"), "test", "sw", source_of(str(tmp_path))).rows) == 2


@pytest.mark.parametrize("path", ["../../../secret-*", "/etc/*"])
def test_a_readme_cannot_point_outside_its_folder(tmp_path, path):
    parquet(tmp_path / "secret-0.parquet", ["entailment", "neutral", "contradiction"])
    home = tmp_path / "data" / "facebook" / "xnli"
    home.mkdir(parents=True)
    front = f"configs:\n- config_name: sw\n  data_files:\n  - split: test\n    path: '{path}'\n"
    (home / "README.md").write_text(f"---\n{front}---\n")
    assert shards_of(TASKS.get("xnli"), "test", "sw", tmp_path / "data") == ()


def test_front_matter_that_is_no_yaml_is_told(tmp_path):
    home = tmp_path / "facebook" / "xnli"
    home.mkdir(parents=True)
    (home / "README.md").write_text("---\nconfigs: [\n---\n")
    with pytest.raises(DataMissing, match="README"):
        load(TASKS.get("xnli"), "test", "sw", source_of(str(tmp_path)))
