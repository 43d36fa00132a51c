"""What every task declaration must say; languages are held against XTREME's and XTREME-R's lists (google-research/xtreme)."""

import ast

import pytest

from adaptstilts.data.files.folder import sources_for
from adaptstilts.kinds import KINDS
from adaptstilts.metrics.benchmarks import BENCHMARKS
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.tasks.offsets import anchored

METRICS = {
    "pair": {"accuracy", "balanced_accuracy"},
    "single": {"accuracy", "balanced_accuracy"},
    "choice": {"accuracy"},
    "span": {"squad_f1", "mlqa_f1", "pass_rate"},
    "tagging": {"chunk_f1", "token_accuracy"},
    "retrieval": {"retrieval_accuracy", "bucc_f1", "map_at_20"},
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
    "mlqa": "ar de en es hi vi zh",
    "bucc": "de fr ru zh",
}

XTREME_R = {
    "xnli": "",
    "xcopa": "et ht id it qu sw ta th tr vi zh",
    "udpos": "lt pl ro uk wo",
    "panx": "az gu lt pa pl qu ro uk",
    "xquad": "ro",
    "mlqa": "",
    "tydiqa": "",
    "tatoeba": "az lt pl ro uk",
    "lareqa": "ar de el en es hi ru th tr vi zh",
    "mewslix": "ar de en es fa ja pl ro ta tr uk",
}
"""What XTREME-R adds to XTREME, or all of a task that XTREME has not."""


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
        labelled = task.kind in {"pair", "single", "tagging"}
        assert bool(task.labels) == labelled or (labelled and task.obtain)  # a user's own files may decide them

    def test_says_where_its_rows_are(self, task):
        assert sources(task) or task.obtain
        for source in sources(task):
            owner, name = source.id.split("/")  # the Hub refuses ids without a namespace
            assert owner and name and source.config and source.split
            assert source.revision in ("main", "refs/convert/parquet") or len(source.revision) == 40
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
            assert task.test or task.obtain

    def test_is_one_short_file(self, task):
        text = TASKS.origin(task.name).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60
        assert ast.get_docstring(ast.parse(text)).endswith(".")


@pytest.mark.parametrize("name", [*XTREME, *sorted(XTREME_R.keys() - XTREME.keys())])
def test_targets_have_the_languages_of_both_benchmarks(name):
    first, more = XTREME.get(name, "").split(), XTREME_R.get(name, "").split()
    assert not set(first) & set(more)
    assert sorted(TASKS.get(name).languages) == sorted([*first, *more])


@pytest.mark.parametrize(
    ("name", "count"),
    [("xnli", 15), ("pawsx", 7), ("udpos", 38), ("panx", 48), ("tatoeba", 41), ("xquad", 12), ("mlqa", 7), ("tydiqa", 9),
     ("xcopa", 11), ("lareqa", 11), ("mewslix", 11), ("bucc", 4), ("belebele", 122)],
)  # fmt: skip
def test_as_many_languages_as_the_papers_count(name, count):
    """Hu et al. 2020, table 1; Ruder et al. 2021, table 1; Bandarkar et al. 2024."""
    assert len(TASKS.get(name).languages) == count


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=str)
def test_every_task_of_a_benchmark_is_declared_with_its_languages_and_metric(benchmark):
    for part in benchmark.parts:
        task = TASKS.get(part.task)
        assert set(part.languages) <= set(task.languages), part.task
        assert task.metric in part.metrics


@pytest.mark.parametrize("name", ["belebele", "sib200"])
def test_newer_targets_have_what_xlm_r_has_seen(name):
    """Conneau et al. 2020, appendix A; FLORES-200 lacks br, fy and la, and spells Norwegian nb."""
    xlm_r = """af am ar as az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gd gl gu ha he hi hr hu hy id is it ja
    jv ka kk km kn ko ku ky lo lt lv mg mk ml mn mr ms my ne nl nb om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta
    te th tl tr ug uk ur uz vi xh yi zh"""
    not_in_belebele = "be bs cy eo ga gd gl ku sa ug yi"
    missing = set(xlm_r.split()) - set(TASKS.get(name).languages)
    assert missing == (set(not_in_belebele.split()) if name == "belebele" else set())
    assert all(len(code.split("_")[0]) == 3 for code in TASKS.get(name).spellings.values())


def test_the_nine_intermediate_tasks_of_phang_et_al():
    nine = {"anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa"}
    assert nine <= {task.name for task in TASKS if task.role == "intermediate"}
    assert set(GROUPS.get("phang2020").tasks) == nine


@pytest.mark.parametrize(
    ("one", "other"),
    [("mnli", "xnli"), ("anli", "xnli"), ("anli", "mnli"), ("squad", "xquad"), ("squad2", "xquad"), ("squad", "mlqa"),
     ("squad", "lareqa"), ("siqa", "xcopa"), ("copa", "xcopa"), ("belebele", "sib200"),
     ("qnli", "squad"), ("qnli", "xquad"), ("qnli", "lareqa"), ("snli", "anli"), ("rte", "anli"), ("rte", "anli_r3"),
     ("arc", "openbookqa"), ("arc", "scitail"), ("openbookqa", "scitail")],
)  # fmt: skip
def test_families_show_shared_data(one, other):
    assert set(TASKS.get(one).family) & set(TASKS.get(other).family)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qqp", "pawsx"),
        ("squad", "tydiqa"),
        ("csqa", "xcopa"),
        ("ccg", "udpos"),
        ("rte", "anli_r1"),
        ("snli", "xnli"),
        ("boolq", "tydiqa"),
        ("winogrande", "xcopa"),
        ("mrpc", "pawsx"),
        ("qnli", "rte"),
    ],
)
def test_families_keep_other_data_apart(one, other):
    assert not set(TASKS.get(one).family) & set(TASKS.get(other).family)


@pytest.mark.parametrize("name", ["xquad", "mlqa", "lareqa"])
def test_question_answering_trains_on_squad_and_on_no_other_language(name):
    assert [(s.id, s.split, s.language) for s in TASKS.get(name).train] == [("rajpurkar/squad", "train", "en")]


def test_udpos_has_its_newer_languages_from_treebanks_of_their_own():
    task = TASKS.get("udpos")
    assert [s.config for s in sources_for(task, "test", "pl")] == ["pl_lfg", "pl_pdb", "pl_pud"]
    assert [s.config for s in sources_for(task, "train", "pl")] == ["pl_lfg", "pl_pdb"]
    assert [(s.id, s.config) for s in sources_for(task, "test", "ru")] == [("google/xtreme", "udpos.Russian")]
    assert sources_for(task, "test", "xx") == ()


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
         {"context": "P", "question": "What was the effect?", "choices": ["x", "y"], "label": 0}),
        ("siqa", {"context": "C", "question": "Q", "answerA": "a", "answerB": "b", "answerC": "c", "label": "1"},
         {"context": "C", "question": "Q", "answerA": "a", "answerB": "b", "answerC": "c", "label": 0,
          "choices": ["a", "b", "c"]}),
        ("copa", {"premise": "P", "question": "cause", "choice1": "x", "choice2": "y", "label": 1},
         {"context": "P", "question": "What was the cause?", "choices": ["x", "y"], "label": 1}),
        ("belebele", {"link": "u", "question_number": 2, "flores_passage": "F", "question": "Q", "mc_answer1": "1", "mc_answer2": "2",
          "mc_answer3": "3", "mc_answer4": "4", "correct_answer_num": "4"},
         [{"source": "u##2", "context": "F", "question": "Q", "choices": ["1", "2", "3", "4"], "label": 3}]),
        ("belebele", {"example_id": "high1.txt", "article": "A", "question": "Q", "options": ["a", "b", "c", "d"], "answer": "C"},
         {"context": "A", "question": "Q", "choices": ["a", "b", "c", "d"], "label": 2}),
        ("udpos", {"tokens": ["zum", "zu", "dem"], "upos": ["_", "ADP", "DET"]}, {"tokens": ["zu", "dem"], "pos_tags": ["ADP", "DET"]}),
        ("udpos", {"tokens": ["a"], "pos_tags": [5]}, {"tokens": ["a"], "pos_tags": [5]}),
        ("anli", {"premise": "P", "hypothesis": "H", "label": -1}, None),
        ("snli", {"premise": "P", "hypothesis": "H", "label": -1}, None),
        ("snli", {"premise": "P", "hypothesis": "H", "label": 2}, {"premise": "P", "hypothesis": "H", "label": 2}),
        ("boolq", {"question": "q", "answer": True, "passage": "P"}, {"question": "q", "answer": True, "passage": "P", "label": 1}),
        ("boolq", {"question": "q", "answer": False, "passage": "P"}, {"question": "q", "answer": False, "passage": "P", "label": 0}),
        ("winogrande", {"sentence": "Ann met Bea, so _ smiled.", "option1": "Ann", "option2": "Bea", "answer": "2"},
         {"context": "Ann met Bea, so", "question": "", "choices": ["Ann smiled.", "Bea smiled."], "label": 1}),
        ("winogrande", {"sentence": " _ 's hat is Bea's.", "option1": "Ann", "option2": "Bea", "answer": ""},
         {"context": "_ 's hat is Bea's.", "question": "", "choices": ["Ann 's hat is Bea's.", "Bea 's hat is Bea's."], "label": -1}),
        ("piqa", {"goal": "G", "sol1": "x", "sol2": "y", "label": 1},
         {"context": "", "question": "G", "choices": ["x", "y"], "label": 1}),
        ("openbookqa", {"question_stem": "Q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "A"},
         {"context": "", "question": "Q", "choices": ["x", "y"], "label": 0}),
        ("arc", {"question": "Q", "choices": {"text": ["x", "y", "z"], "label": ["1", "2", "3"]}, "answerKey": "3"},
         {"context": "", "question": "Q", "choices": ["x", "y", "z"], "label": 2}),
        ("arc", {"question": "Q", "choices": {"text": list("vwxyz"), "label": list("ABCDE")}, "answerKey": "E"},
         {"context": "", "question": "Q", "choices": list("vwxyz"), "label": 4}),
        ("arc", {"question": "Q", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "B"},
         {"context": "", "question": "Q", "choices": ["x", "y"], "label": -1}),
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
