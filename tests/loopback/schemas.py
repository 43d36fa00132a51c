"""The columns, types and label names that data sets on the Hub publish, by id and beginning of the configuration, and tiny rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adaptstilts.ids import rng_for

ROWS = 12
NLI = ("entailment", "neutral", "contradiction")
WORDS = tuple(
    "the old green river house fox teacher runs sees opens finds a small bright letter near under every door".split()  # noqa: SIM905
)

Rows = Callable[[str, str], Iterable[dict[str, Any]]]
"""From a configuration and a split to records."""


@dataclass(frozen=True)
class Schema:
    """Column types (see `published.features`) and records.

    `lines` says that the files are JSON lines; `bare` that the repository is a parquet branch, which has no README.
    """

    columns: Mapping[str, Any]
    rows: Rows
    lines: bool = False
    bare: bool = False


def _line(*parts: str | int, words: int = 8) -> str:
    rng = rng_for("published", *parts)
    return " ".join(rng.choice(WORDS) for _ in range(words)) + " " + "".join(f"{part} " for part in parts).strip() + "."


def _pairs(first: str, second: str, label: str, labels: int, **more: Callable[[int], Any]) -> Rows:
    def rows(config: str, split: str) -> Iterable[dict[str, Any]]:
        for i in range(ROWS):
            named = {name: make(i) for name, make in more.items()}
            yield {first: _line(split, i), second: _line(split, i, 2), label: i % labels, **named}

    return rows


def _questions(
    *columns: str, ids: Callable[[str, str, int], str] = lambda config, split, i: f"{split}{i}", unanswered: int = 0
) -> Rows:
    """SQuAD's records; the answer is the middle sentence of three. Every `unanswered`th question has none."""

    def rows(config: str, split: str) -> Iterable[dict[str, Any]]:
        for i in range(ROWS):
            told = [_line(split, i, part) for part in range(3)]
            given = [] if unanswered and i % unanswered == 0 else [told[1]]
            record = {
                "id": ids(config, split, i),
                "title": "fox",
                "context": " ".join(told),
                "question": _line(split, i, 9, words=4),
                "answers": {"text": given, "answer_start": [len(told[0]) + 1 for _ in given]},
                "metadata": {"split": split, "model_in_the_loop": "none"},
            }
            yield {name: record[name] for name in columns}

    return rows


def _records(make: Callable[[str, int], dict[str, Any]], count: int = ROWS) -> Rows:
    return lambda config, split: (make(split, i) for i in range(count))


def _tagged(column: str, labels: int, **more: Callable[[list[str]], list[str]]) -> Rows:
    def make(split: str, i: int) -> dict[str, Any]:
        words = _line(split, i).split()
        named = {name: fill(words) for name, fill in more.items()}
        return {"tokens": words, column: [(i + k) % labels for k in range(len(words))], **named}

    return _records(make)


def _hellaswag(split: str, i: int) -> dict[str, Any]:
    start, then = _line(split, i), _line(split, i, 5, words=2)
    return {
        "ind": i,
        "activity_label": "Running",
        "ctx_a": start,
        "ctx_b": then,
        "ctx": f"{start} {then}",
        "endings": [_line(split, i, "end", k) for k in range(4)],
        "source_id": "",
        "split": split,
        "split_type": "indomain",
        "label": str(i % 4),
    }


def _cosmos(split: str, i: int) -> dict[str, Any]:
    answers = {f"answer{k}": _line(split, i, "answer", k, words=3) for k in range(4)}
    return {"id": f"{split}{i}", "context": _line(split, i), "question": _line(split, i, 7), **answers, "label": i % 4}


def _commonsense(split: str, i: int) -> dict[str, Any]:
    texts = [_line(split, i, "choice", k, words=1) for k in range(5)]
    choices = {"label": list("ABCDE"), "text": texts}
    return {
        "id": f"{split}{i}",
        "question": _line(split, i),
        "question_concept": "fox",
        "choices": choices,
        "answerKey": "ABCDE"[i % 5],
    }


def _lettered(asked: str, choices: int) -> Callable[[str, int], dict[str, Any]]:
    """Records with so many choices, every third with one fewer; every fifth is marked by digits."""

    def make(split: str, i: int) -> dict[str, Any]:
        marks = list("12345" if i % 5 == 4 else "ABCDE")[: choices - (i % 3 == 2)]
        texts = [_line(split, i, "choice", mark, words=1) for mark in marks]
        answer = marks[i % len(marks)]
        return {
            "id": f"{split}{i}",
            asked: _line(split, i),
            "choices": {"text": texts, "label": marks},
            "answerKey": answer,
        }

    return make


def _blank(split: str, i: int) -> dict[str, Any]:
    sentence = f"{_line(split, i)} _ {_line(split, i, 1, words=2)}"
    return {"sentence": sentence, "option1": "Ann", "option2": "Bea", "answer": str(i % 2 + 1)}


def _goal(split: str, i: int) -> dict[str, Any]:
    return {"goal": _line(split, i), **{f"sol{k}": _line(split, i, k, words=3) for k in (1, 2)}, "label": i % 2}


def _social(split: str, i: int) -> dict[str, Any]:
    answers = {f"answer{k}": _line(split, i, k, words=3) for k in "ABC"}
    return {"context": _line(split, i), "question": _line(split, i, 7), **answers, "label": str(i % 3 + 1)}


def _copa(split: str, i: int) -> dict[str, Any]:
    choices = {f"choice{k}": _line(split, i, k, words=4) for k in (1, 2)}
    return {
        "premise": _line(split, i),
        **choices,
        "question": ("cause", "effect")[i % 2],
        "idx": i,
        "label": i % 2,
        "changed": False,
    }


def _race(split: str, i: int) -> dict[str, Any]:
    options = [_line(split, i, k, words=3) for k in range(4)]
    return {
        "example_id": f"{split}{i}.txt",
        "article": _line(split, i),
        "answer": "ABCD"[i % 4],
        "question": _line(split, i, 7),
        "options": options,
    }


def _belebele(split: str, i: int) -> dict[str, Any]:
    answers = {f"mc_answer{k}": _line(split, i, k, words=3) for k in range(1, 5)}
    return {
        "link": f"page{i}",
        "question_number": 1,
        "flores_passage": _line(split, i),
        "question": _line(split, i, 7),
        **answers,
        "correct_answer_num": str(i % 4 + 1),
        "dialect": "",
        "ds": "",
    }


TOPICS = ("science/technology", "travel", "politics", "sports", "health", "entertainment", "geography")


def _mined(split: str, i: int) -> dict[str, Any]:
    one, other = ([_line(side, k) for k in range(2 * ROWS)] for side in "xy")
    return {"sentence1": one, "sentence2": other, "gold": [[k, k + 1] for k in range(1, ROWS)]}


def _spans(text: str) -> dict[str, Any]:
    return {"text": text, "sentence_spans": [{"start": 0, "end": len(text)}]}


def _mention(split: str, i: int) -> dict[str, Any]:
    text = _line(split, i)
    span = {"start": 0, "end": len(text.split()[0]), "text": text.split()[0]}
    mention = {"example_id": f"{split}-{i}", "mention_span": span, "entity_id": f"Q{i}", "metadata": None}
    context = {
        "document_title": "",
        "section_title": "",
        **_spans(text),
        "document_id": f"d{i}",
        "document_url": "",
        "language": "en",
    }
    return {"mention": mention, "context": context}


def _entity(split: str, i: int) -> dict[str, Any]:
    text = _line("entity", i)
    return {
        "entity_id": f"Q{i}",
        "title": "",
        "description": text,
        "sentence_spans": _spans(text)["sentence_spans"],
        "description_language": "en",
        "description_url": "",
    }


def _pair_of(split: str, i: int) -> dict[str, Any]:
    return {"contextual_mention": _mention(split, i), "entity": _entity(split, i)}


TEXT, NUMBER = "string", "int32"


def _texts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), TEXT)


_ANSWERS = [{"text": TEXT, "answer_start": NUMBER}]
_SQUAD = {**_texts("id title context question"), "answers": _ANSWERS}
_NO_TITLE = {name: kind for name, kind in _SQUAD.items() if name != "title"}
_INFERENCE = {**_texts("premise hypothesis"), "label": NLI}
_TAGS = tuple(_texts("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"))
_ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
_CHOSEN = {**_texts("premise choice1 choice2 question")}
_DUPLICATES = {**_texts("question1 question2"), "label": ("not_duplicate", "duplicate"), "idx": NUMBER}
_LETTERED = {"choices": [{**_texts("text label")}], "answerKey": TEXT}
_TYDI = tuple(_texts("arabic bengali english finnish indonesian korean russian swahili telugu"))
_XTREME = {**_SQUAD, "answers": [{"answer_start": NUMBER, "text": TEXT}]}
_squad = _questions("id", "title", "context", "question", "answers")
_indexed = _pairs("premise", "hypothesis", "label", 3, idx=lambda i: i)
_asked_twice = Schema(_DUPLICATES, _pairs("question1", "question2", "label", 2, idx=lambda i: i))


def _judged(*labels: str) -> Schema:
    columns = {"sentence": TEXT, "label": labels, "idx": NUMBER}
    return Schema(columns, _records(lambda split, i: {"sentence": _line(split, i), "label": i % 2, "idx": i}))


def _related(first: str, second: str, *labels: str) -> Schema:
    columns = {first: TEXT, second: TEXT, "label": labels, "idx": NUMBER}
    return Schema(columns, _pairs(first, second, "label", 2, idx=lambda i: i))


def _typologically(config: str, split: str) -> Iterable[dict[str, Any]]:
    """All languages in one configuration, told apart by their ids."""
    for name in _TYDI:
        yield from _questions(*_SQUAD, ids=lambda config, split, i, name=name: f"{name}-{split}{i}")(config, split)


SCHEMAS: dict[tuple[str, str], Schema] = {
    ("nyu-mll/glue", "mnli"): Schema({**_INFERENCE, "idx": NUMBER}, _indexed),
    ("nyu-mll/glue", "qqp"): _asked_twice,
    ("nyu-mll/glue", "sst2"): _judged("negative", "positive"),
    ("nyu-mll/glue", "cola"): _judged("unacceptable", "acceptable"),
    ("nyu-mll/glue", "mrpc"): _related("sentence1", "sentence2", "not_equivalent", "equivalent"),
    ("nyu-mll/glue", "rte"): _related("sentence1", "sentence2", "entailment", "not_entailment"),
    ("nyu-mll/glue", "qnli"): _related("question", "sentence", "entailment", "not_entailment"),
    ("google/boolq", ""): Schema(
        {"question": TEXT, "answer": "bool", "passage": TEXT},
        _records(lambda split, i: {"question": _line(split, i, 7), "answer": i % 2 == 0, "passage": _line(split, i)}),
    ),
    ("allenai/winogrande", ""): Schema(_texts("sentence option1 option2 answer"), _records(_blank)),
    ("ybisk/piqa", ""): Schema({**_texts("goal sol1 sol2"), "label": ("0", "1")}, _records(_goal), bare=True),
    ("allenai/openbookqa", ""): Schema(
        {**_texts("id question_stem"), **_LETTERED}, _records(_lettered("question_stem", 4))
    ),
    ("allenai/ai2_arc", ""): Schema({**_texts("id question"), **_LETTERED}, _records(_lettered("question", 5))),
    ("allenai/scitail", ""): Schema(
        _texts("premise hypothesis label"),
        _records(
            lambda split, i: {
                "premise": _line(split, i),
                "hypothesis": _line(split, i, 2),
                "label": ("entails", "neutral")[i % 2],
            }
        ),
    ),
    ("stanfordnlp/snli", ""): Schema(_INFERENCE, _pairs("premise", "hypothesis", "label", 3)),
    ("facebook/anli", ""): Schema(
        {"uid": TEXT, **_INFERENCE, "reason": TEXT},
        _pairs("premise", "hypothesis", "label", 3, uid=str, reason=lambda i: ""),
    ),
    ("facebook/xnli", ""): Schema(_INFERENCE, _pairs("premise", "hypothesis", "label", 3)),
    ("google-research-datasets/paws-x", ""): Schema(
        {"id": NUMBER, **_texts("sentence1 sentence2"), "label": ("0", "1")},
        _pairs("sentence1", "sentence2", "label", 2, id=lambda i: i + 1),
    ),
    ("tasksource/hans", ""): Schema(
        {**_texts("sentence1 sentence2"), "labels": ("entailment", "non-entailment")},
        _pairs("sentence1", "sentence2", "labels", 2),
    ),
    ("AI-Secure/adv_glue", "adv_mnli"): Schema({**_INFERENCE, "idx": NUMBER}, _indexed),
    ("AI-Secure/adv_glue", "adv_qqp"): _asked_twice,
    ("pietrolesci/robust_nli", ""): Schema({"idx": NUMBER, **_INFERENCE}, _indexed),
    ("rajpurkar/squad", ""): Schema(_SQUAD, _squad),
    ("rajpurkar/squad_v2", ""): Schema(_SQUAD, _questions(*_SQUAD, unanswered=3)),
    ("google/xquad", ""): Schema(_NO_TITLE, _questions(*_NO_TITLE)),
    ("google-research-datasets/xquad_r", ""): Schema(_NO_TITLE, _questions(*_NO_TITLE)),
    ("google/xtreme", "MLQA"): Schema(_XTREME, _squad),
    ("google/xtreme", "tydiqa"): Schema(_XTREME, _typologically),
    ("google/xtreme", "udpos"): Schema({"tokens": [TEXT], "pos_tags": [_TAGS]}, _tagged("pos_tags", 17)),
    ("UCLNLP/adversarial_qa", ""): Schema(
        {**_SQUAD, "metadata": {**_texts("split model_in_the_loop")}},
        _questions(*_SQUAD, "metadata", ids=lambda config, split, i: f"{config}-{split}{i}"),
    ),
    ("stanfordnlp/squad_adversarial", ""): Schema(
        _SQUAD, _questions(*_SQUAD, ids=lambda config, split, i: f"{split}{i}-high-conf"), bare=True
    ),
    ("unimelb-nlp/wikiann", ""): Schema(
        {"tokens": [TEXT], "ner_tags": [_ENTITIES], "langs": [TEXT], "spans": [TEXT]},
        _tagged("ner_tags", 7, langs=lambda words: ["en" for _ in words], spans=lambda words: []),
    ),
    ("commul/universal_dependencies", ""): Schema(
        {"tokens": [TEXT], "upos": [TEXT]},
        _records(
            lambda split, i: {
                "tokens": (words := _line(split, i).split()),
                "upos": [_TAGS[(i + k) % 17] for k in range(len(words))],
            }
        ),
    ),
    ("Rowan/hellaswag", ""): Schema(
        {
            "ind": NUMBER,
            **_texts("activity_label ctx_a ctx_b ctx"),
            "endings": [TEXT],
            **_texts("source_id split split_type label"),
        },
        _records(_hellaswag),
    ),
    ("allenai/cosmos_qa", ""): Schema(
        {**_texts("id context question answer0 answer1 answer2 answer3"), "label": NUMBER}, _records(_cosmos), bare=True
    ),
    ("tau/commonsense_qa", ""): Schema(
        {**_texts("id question question_concept"), "choices": [{**_texts("label text")}], "answerKey": TEXT},
        _records(_commonsense),
    ),
    ("lighteval/siqa", ""): Schema({**_texts("context question answerA answerB answerC label")}, _records(_social)),
    ("aps/super_glue", "copa"): Schema({**_CHOSEN, "idx": NUMBER, "label": ("choice1", "choice2")}, _records(_copa)),
    ("cambridgeltl/xcopa", ""): Schema({**_CHOSEN, "label": NUMBER, "idx": NUMBER, "changed": "bool"}, _records(_copa)),
    ("ehovy/race", ""): Schema({**_texts("example_id article answer question"), "options": [TEXT]}, _records(_race)),
    ("facebook/belebele", ""): Schema(
        {
            "link": TEXT,
            "question_number": "int64",
            **_texts(
                "flores_passage question mc_answer1 mc_answer2 mc_answer3 mc_answer4 correct_answer_num dialect ds"
            ),
        },
        _records(_belebele),
    ),
    ("Davlan/sib200", ""): Schema(
        {"index_id": "int64", **_texts("category text")},
        _records(lambda split, i: {"index_id": i, "category": TOPICS[i % 7], "text": _line(split, i)}),
    ),
    ("mteb/tatoeba-bitext-mining", ""): Schema(
        {**_texts("sentence1 sentence2 lang")},
        _records(
            lambda split, i: {
                "sentence1": _line("there", i) + "\n",
                "sentence2": _line("here", i) + "\n",
                "lang": "xxx-eng",
            }
        ),
    ),
    ("mteb/BUCC", ""): Schema({"sentence1": [TEXT], "sentence2": [TEXT], "gold": [["int64"]]}, _records(_mined, 1)),
    ("izhx/mewsli-x", "wikipedia_pairs"): Schema({}, _records(_pair_of), lines=True),
    ("izhx/mewsli-x", "candidate_entities"): Schema({}, _records(_entity), lines=True),
    ("izhx/mewsli-x", ""): Schema({}, _records(_mention), lines=True),
}
