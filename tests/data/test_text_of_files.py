"""What a user's file may hold beside plain text, over every format that is read: a new one must be entered here."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from adaptstilts.attacks.text.lexicon import read_lexicon, read_tautologies
from adaptstilts.config.include import _bound
from adaptstilts.config.load import load_config
from adaptstilts.data.files.archives import SUFFIXES as PACKED
from adaptstilts.data.files.folder import LABELS, OWN_SUFFIXES, own_labels, readme_names
from adaptstilts.data.files.formats import READERS
from adaptstilts.data.files.records import read_file
from adaptstilts.data.hub.layout import SUFFIXES
from adaptstilts.data.hub.pins import read_lock
from adaptstilts.data.sources import source_of
from adaptstilts.data.text import sentences
from adaptstilts.errors import DataMissing
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.challenges._multichecklist import parse

MARK = "\ufeff"
PACKAGE = Path(__file__).resolve().parents[2] / "adaptstilts"
EXPECTED = ("premise", "words")
SQUAD = {"data": [{"paragraphs": [{"context": "A cat.", "qas": [{"id": "q", "question": "Who?", "answers": []}]}]}]}
CONLLU = "1\tDogs\tdog\tNOUN\t_\t_\t0\troot\t_\t_\n2\tbark\tbark\tVERB\t_\t_\t1\tx\t_\t_\n"
TEXTS = {
    ".jsonl": '{"id": "r1", "premise": "a"}\n{"id": "r2", "premise": "b"}\n',
    ".json": json.dumps(SQUAD),
    ".csv": "id,premise,label\nr1,a,0\nr2,b,1\n",
    ".tsv": "premise\tlabel\na\t0\nb\t1\n",
    ".txt": "premise\tlabel\na\t0\nb\t1\n",
    ".conll": "Dogs O\nbark O\n\nCats B-PER\n",
    ".conllu": CONLLU,
    ".auto": "ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1\n(<T S 1 2> (<L N NN NN Dogs N>) (<L S VB VB bark S>) )\n",
    ".train": "Dogs bark\tN S\nCats\tN\n",
}
"""By suffix; the last is a name that no reader has, which is jiant's format."""

ARCHIVES = {".jsonl.gz": gzip.compress, ".tar.gz": lambda content: archive(content)}


def archive(content):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as made:
        member = tarfile.TarInfo("a.jsonl")
        member.size = len(content)
        made.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def read(folder, suffix, content):
    path = folder / f"test{suffix}"
    path.write_bytes(content)
    return list(read_file(path, EXPECTED).all())


def test_every_reader_is_tried():
    assert {*READERS, *OWN_SUFFIXES, *SUFFIXES} - {".parquet"} <= {*TEXTS, *ARCHIVES}  # parquet is no text
    assert set(PACKED) == set(ARCHIVES)


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, suffix):
    plain = read(tmp_path, suffix, TEXTS[suffix].encode())
    assert plain and read(tmp_path, suffix, (MARK + TEXTS[suffix]).encode()) == plain
    assert read(tmp_path, suffix, (MARK + TEXTS[suffix].replace("\n", "\r\n")).encode()) == plain


@pytest.mark.parametrize("suffix", ARCHIVES)
def test_nor_in_compressed_files(tmp_path, suffix):
    content, pack = TEXTS[".jsonl"].encode(), ARCHIVES[suffix]
    assert read(tmp_path, suffix, pack(MARK.encode() + content)) == read(tmp_path, suffix, pack(content))


def hub_names(folder, content):
    home = folder / "hub" / "tasksource" / "hans"
    home.mkdir(parents=True, exist_ok=True)
    (home / "README.md").write_text(content, encoding="utf-8")
    return readme_names(folder / "hub", TASKS.get("hans").test[0])


def ccg_labels(folder, content):
    home = folder / "ccg"
    home.mkdir(exist_ok=True)
    (home / "ccg.train").write_text("Dogs bark\tN S\n")
    (home / LABELS).write_text(content, encoding="utf-8")
    return own_labels(TASKS.get("ccg"), folder)


def by(read_path, name):
    def written(folder, content):
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return read_path(path)

    return written


LOCK = json.dumps({"schema": 1, "model": {"a/b": {"main": "0" * 40}}})
README = "---\ndataset_info:\n  features:\n  - name: labels\n    dtype:\n      class_label:\n        names: {'0': x, '1': y}\n---\n"
CHECKLIST = "Field\ten\ten-placeholders\nName\tcomparisons\t\nContext\t{first_name} is old.\tx\nQuestion\tWho?\t\n"
OTHERS = {
    "README": (hub_names, README),
    "tags_to_id": (ccg_labels, '{"S": 0, "N": 1}'),
    "running text": (by(lambda path: sentences(str(path), source_of("pocket")), "text.txt"), "one\ntwo\n"),
    "lexicon": (by(lambda path: read_lexicon(path, "de"), "de-en.txt"), "hund dog\nkatze cat\n"),
    "tautologies": (by(read_tautologies, "clauses.tsv"), "en\tand true is true\n"),
    "config": (by(lambda path: load_config(str(path)), "mine.yaml"), "extends: pocket\nname: mine\n"),
    "lock file": (by(read_lock, "lock.json"), LOCK),
    "declaration": (by(_bound, "mine.py"), "task = 1\n"),
    "multichecklist": (by(lambda path: parse(path, "en"), "tests.tsv"), CHECKLIST),
}


@pytest.mark.parametrize("name", OTHERS)
def test_nor_in_any_other_file_that_a_user_brings(tmp_path, name):
    read_text, content = OTHERS[name]
    plain = read_text(tmp_path, content)
    assert plain
    from adaptstilts.data.files import folder

    folder._text.cache_clear(), folder._numbered.cache_clear()  # a file changes within one tick of the clock
    assert read_text(tmp_path, MARK + content) == plain


@pytest.mark.parametrize("room", ["data", "config", "tasks", "attacks"])
def test_rooms_that_read_what_users_bring_decode_it_in_one_way(room):
    """Their own tables, which lie in the package, aside."""
    for path in (PACKAGE / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace('"tables" / name).read_text(encoding="utf-8")', "")
        assert 'encoding="utf-8"' not in text.replace("utf-8-sig", ""), f"{path}: files.read_text, or files.UTF8"


WHITE = [c for c in map(chr, range(0x3001)) if c.isspace() and c not in " \t\n\r"]
"""All white space of Unicode that ASCII's blank, tab and ends of lines are not; `str.isspace` is Python's."""

WORDS = {
    ".conll": ("{} B-PER\nand O\n", lambda record: record["words"]),
    ".conllu": (CONLLU.replace("Dogs", "{}"), lambda record: record["words"]),
    ".auto": (TEXTS[".auto"].replace("Dogs", "{}"), lambda record: record["words"]),
    ".train": ("{} bark\tN S\n", lambda record: record["words"]),
    ".tsv": ("premise\tlabel\n{}\t0\n", lambda record: [record["premise"]]),
    ".csv": ("premise,label\n{},0\n", lambda record: [record["premise"]]),
    ".jsonl": ('{{"premise": "{}"}}\n', lambda record: [record["premise"]]),
}


@pytest.mark.parametrize("suffix", WORDS)
def test_only_ascii_blanks_and_tabs_part_words(tmp_path, suffix):
    content, words = WORDS[suffix]
    spaces = [c for c in WHITE if suffix != ".jsonl" or c >= " "]  # JSON has no bare control characters
    for space in spaces:
        (record,) = read(tmp_path, suffix, content.format(f"New{space}York").encode())
        assert words(record)[0] == f"New{space}York", f"U+{ord(space):04X}"


def test_running_text_is_cut_at_ends_of_lines_alone(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join(f"New{space}York\n" for space in WHITE), encoding="utf-8")
    assert sentences(str(path), source_of("pocket")) == [f"New{space}York" for space in WHITE]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_fields_of_any_length_are_read(tmp_path, suffix):
    """The `csv` module refuses fields of more than 131,072 characters unless it is told otherwise."""
    import csv

    long, before = "word " * 60_000 + "end", csv.field_size_limit()
    content, words = WORDS[suffix]
    (record,) = read(tmp_path, suffix, content.format(long).encode())
    assert words(record) == [long]
    assert csv.field_size_limit() == before


def test_a_file_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(DataMissing, match="does not read as"):
        read(tmp_path, ".csv", TEXTS[".csv"].encode("utf-16"))
