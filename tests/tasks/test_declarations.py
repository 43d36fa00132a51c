"""What every task declaration must say; languages are held against XTREME's own lists (google-research/xtreme, evaluate.py)."""

import ast

import pytest

from adaptstilts.kinds import KINDS
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.offsets import anchored

METRICS = {
    "pair": {"accuracy", "balanced_accuracy"},
    "single": {"accuracy", "balanced_accuracy"},
    "choice": {"accuracy"},
    "span": {"squad_f1", "mlqa_f1"},
    "tagging": {"chunk_f1", "token_accuracy"},
}

XTREME = {
    "xnli": "ar bg de el en es fr hi ru sw th tr ur vi zh",
    "pawsx": "de en es fr ja ko zh",
    "udpos": "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh",
    "panx": "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr"
    " ur vi yo zh",
    "xquad": "ar de el en es hi ru th tr vi zh",
    "tydiqa": "ar bn en fi id ko ru sw te",
    "tatoeba": "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi"
    " zh",
    "xcopa": "et ht id it qu sw ta th tr vi zh",
}


def sources(task):
    return (*task.train, *task.dev, *task.test)


def test_no_declaration_is_broken():
    assert TASKS.names()
    assert TASKS.broken == {}


@pytest.mark.parametrize("task", list(TASKS), ids=lambda task: task.name)
class TestEveryTask:
    def test_says_what_it_is(self, task):
        assert task.kind in KINDS
        assert task.metric in METRICS.get(task.kind, {task.metric})
        assert task.summary and task.licence and task.citation and task.family
        assert not task.summary.endswith(".")
        assert task.version >= 1

    def test_has_labels_where_its_kind_needs_them(self, task):
        assert len(set(task.labels)) == len(task.labels)
        assert bool(task.labels) == (task.kind in {"pair", "single", "tagging"} and not task.obtain)

    def test_says_where_its_rows_are(self, task):
        assert sources(task) or task.obtain
        for source in sources(task):
            owner, name = source.id.split("/")  # the Hub refuses ids without a namespace
            assert owner and name and source.config and source.split
            assert source.revision == "main" or len(source.revision) == 40
            assert source.config.format(language="xx") == source.config.replace("{language}", "xx")

    def test_every_source_gives_one_language(self, task):
        several = [
            s for s in sources(task) if len(task.languages) > 1 and not s.language and "{language}" not in s.config
        ]
        assert not several or task.prepare is not None, "nothing tells this source's languages apart"

    def test_maps_only_columns_of_its_kind(self, task):
        assert set(task.columns) <= {*KINDS[task.kind].columns, "id"}

    def test_languages_are_codes_and_spellings_are_of_them(self, task):
        assert task.languages
        assert len(set(task.languages)) == len(task.languages)
        assert set(task.spellings) <= set(task.languages)
        assert task.role != "intermediate" or task.languages == ("en",)

    def test_can_be_trained_or_scored(self, task):
        if task.role == "intermediate":
            assert task.train or task.obtain
        else:
            assert task.test

    def test_is_one_short_file(self, task):
        text = TASKS.origin(task.name).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60
        assert ast.get_docstring(ast.parse(text)).endswith(".")


@pytest.mark.parametrize("name", list(XTREME))
def test_targets_have_the_languages_of_xtreme(name):
    assert sorted(TASKS.get(name).languages) == XTREME[name].split()


@pytest.mark.parametrize(("name", "count"), [("xnli", 15), ("pawsx", 7), ("udpos", 33), ("panx", 40), ("tatoeba", 36)])
def test_as_many_languages_as_the_paper_counts(name, count):
    """Hu et al. 2020, table 1."""
    assert len(TASKS.get(name).languages) == count


def test_the_nine_intermediate_tasks_of_phang_et_al():
    nine = {"anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa"}
    assert nine <= {task.name for task in TASKS if task.role == "intermediate"}


@pytest.mark.parametrize(
    ("one", "other"), [("mnli", "xnli"), ("anli", "xnli"), ("anli", "mnli"), ("squad", "xquad"), ("squad2", "xquad")]
)
def test_families_show_shared_data(one, other):
    assert set(TASKS.get(one).family) & set(TASKS.get(other).family)


@pytest.mark.parametrize(("one", "other"), [("qqp", "pawsx"), ("squad", "tydiqa"), ("csqa", "xcopa"), ("ccg", "udpos")])
def test_families_keep_other_data_apart(one, other):
    assert not set(TASKS.get(one).family) & set(TASKS.get(other).family)


def test_xquad_trains_on_squad_and_on_no_other_language():
    assert [(s.id, s.split, s.language) for s in TASKS.get("xquad").train] == [("rajpurkar/squad", "train", "en")]


@pytest.mark.parametrize(
    ("name", "record", "want"),
    [
        ("hellaswag", {"ctx_a": "A.", "ctx_b": "the boy", "endings": ["runs", "eats"], "label": "1"},
         {"context": "A.", "question": "", "choices": ["the boy runs", "the boy eats"], "label": 1}),
        ("hellaswag", {"ctx_a": "A.", "ctx_b": "", "endings": ["He runs"], "label": "0"},
         {"context": "A.", "question": "", "choices": ["He runs"], "label": 0}),
        ("csqa", {"question": "Q", "choices": {"label": ["A", "B"], "text": ["x", "y"]}, "answerKey": "B"},
         {"context": "", "question": "Q", "choices": ["x", "y"], "label": 1}),
        ("csqa", {"question": "Q", "choices": {"label": ["A", "B"], "text": ["x", "y"]}, "answerKey": ""},
         {"context": "", "question": "Q", "choices": ["x", "y"], "label": -1}),
        ("xcopa", {"premise": "P", "question": "cause", "choice1": "x", "choice2": "y", "label": 1},
         {"context": "P", "question": "What was the cause?", "choices": ["x", "y"], "label": 1}),
        ("xcopa", {"premise": "P", "question": "effect", "choice1": "x", "choice2": "y", "label": 0},
         {"context": "P", "question": "What happened as a result?", "choices": ["x", "y"], "label": 0}),
        ("anli", {"premise": "P", "hypothesis": "H", "label": -1}, None),
        ("tatoeba", {"sentence1": "Ja.\n", "sentence2": "Yes.\n"}, {"query": "Yes.", "candidate": "Ja."}),
    ],
)  # fmt: skip
def test_records_are_reshaped(name, record, want):
    assert TASKS.get(name).prepare(record, "en") == want


def test_siqa_labels_count_from_one():
    record = {"context": "C", "question": "Q", "answerA": "a", "answerB": "b", "answerC": "c", "label": "3"}
    prepared = TASKS.get("xcopa").prepare(record, "en")
    assert (prepared["choices"], prepared["label"]) == (["a", "b", "c"], 2)


def test_tydiqa_keeps_one_language():
    record = {"id": "english-1-0", "context": "c", "answers": {"text": [], "answer_start": []}}
    prepare = TASKS.get("tydiqa").prepare
    assert prepare(record, "en") == record
    assert prepare(record, "ko") is None


@pytest.mark.parametrize(("start", "want"), [(4, 4), (6, 4), (1, 4), (30, 30)])
def test_offsets_are_found_again_nearby(start, want):
    record = {"context": "the cat and the dog", "answers": {"text": ["cat"], "answer_start": [start]}}
    assert anchored(record, "en")["answers"] == {"text": ["cat"], "answer_start": [want]}


def test_an_offset_moves_to_the_nearest_occurrence():
    record = {"context": "ab ab ab ab", "answers": {"text": ["ab"], "answer_start": [7]}}
    assert anchored(record, "en")["answers"]["answer_start"] == [6]
