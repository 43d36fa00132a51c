"""Makes predictions and labels for every task of XTREME and XTREME-R, and prints what the public scorer says of them.

    PYTHONPATH=<google-research/xtreme at 838c13b>:<seqeval 0.0.12> python xtreme_golden.py > xtreme_golden.json

The data are a pure function of this file; seeds go through `random()` alone, whose values no Python version changes.
"""

import contextlib
import io
import json
import random
import sys
import tempfile
from pathlib import Path

ROWS = 12
NLI = ["entailment", "neutral", "contradiction"]
POS = [
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
]
NER = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
LANGUAGES = {
    "xnli": "ar bg de el en es fr hi ru sw th tr ur vi zh",
    "pawsx": "de en es fr ja ko zh",
    "udpos": "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh lt pl uk wo ro",
    "panx": "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur"
    " vi yo zh qu pl uk az lt pa gu ro",
    "xquad": "ar de el en es hi ru th tr vi zh ro",
    "mlqa": "ar de en es hi vi zh",
    "tydiqa": "ar bn en fi id ko ru sw te",
    "bucc2018": "de fr ru zh",
    "tatoeba": "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"
    " az lt pl uk ro",
    "xcopa": "et ht id it qu sw ta th tr vi zh",
    "mewslix": "ar de en es fa ja pl ro ta tr uk",
}
WORDS = {
    "ar": ["الكتاب", "كتاب", "وال", "ا.ل", "أل", "إلى", "ٱل", "ﻻ", "بيت", "،", "في البيت"],
    "de": ["der", "Das", "ein", "Hund", "Straße", "„Haus“", "ẞ", "ein-Hund", "dem", "a", "…"],
    "en": ["the", "A", "an", "cat", "“a”", "a-b", "U.S.", "£5", "€", "$5", "dog’s", "The_cat", "à", "a\u0301"],
    "es": ["el", "Los", "un", "perro", "¿qué?", "la-casa", "unas", "niño", "nin\u0303o", "a"],
    "hi": ["एक", "घर", "है।", "राम", "॥", "the", "कि", "ज़", "“घर”"],
    "vi": ["của", "là", "la\u0300", "cái", "mèo", "những", "Hà Nội", "a", "chiếc", "–"],
    "zh": ["北京", "上海", "。", "2008年", "OK", "\u9fa6", "\u3400", "かな", "，", "the", "人 口"],
    "": [
        "the",
        "word",
        "İ",
        "ς",
        "Σ",
        "。",
        "्",
        "\u200b",
        "\u3000",
        "x\u200by",
        "5",
        "％",
        "_",
        "'s",
        "«a»",
        "ไทย",
        "한국",
    ],
}


class Draw:
    """Choices from `random()` alone."""

    def __init__(self, *seed):
        self.next = random.Random("-".join(seed)).random

    def below(self, count):
        return int(self.next() * count)

    def of(self, items):
        return items[self.below(len(items))]


def labels(draw, names):
    """Mostly right; one language in four is all wrong."""
    gold = [draw.of(names) for _ in range(ROWS)]
    share = draw.of([0.0, 0.5, 0.8, 1.0])
    said = [g if draw.next() < share else draw.of([n for n in names if n != g]) for g in gold]
    return gold, said


def tags(draw, names):
    gold = [[draw.of(names) for _ in range(1 + draw.below(7))] for _ in range(ROWS)]
    share = draw.of([0.0, 0.6, 0.9, 1.0])
    return gold, [[tag if draw.next() < share else draw.of(names) for tag in sentence] for sentence in gold]


def answers(draw, language):
    """Questions of one to three gold answers; said are a gold one, part of it, noise, nothing, or there is no prediction."""
    words = WORDS.get(language, WORDS[""]) + WORDS[""]
    gold, said = {}, {}
    for i in range(ROWS):
        gold[f"q{i}"] = [" ".join(draw.of(words) for _ in range(1 + draw.below(4))) for _ in range(1 + draw.below(3))]
        one = draw.of(gold[f"q{i}"])
        noise = " ".join(draw.of(words) for _ in range(1 + draw.below(3)))
        choice = draw.of([one, one.upper() + ".", f"The {one}", one[:4], f"{one} {noise}", noise, "", None])
        if choice is not None:
            said[f"q{i}"] = choice
    return gold, said


def pairs(draw):
    gold = [f"src-{i}\ttrg-{draw.below(20)}" for i in range(ROWS)]
    share = draw.of([0.0, 0.5, 1.0])
    said = [line for line in gold if draw.next() < share]
    return gold, said + [f"src-{draw.below(20)}\ttrg-{draw.below(20)}" for _ in range(draw.below(6))]


def rows(draw):
    gold = [str(i) for i in range(ROWS)]
    return gold, [g if draw.next() < 0.6 else str(draw.below(ROWS)) for g in gold]


def entities(draw):
    """Ranked entity ids; repeats, a gold one beyond the cut at 20, missing and unknown examples, a blank after the gold id."""
    gold = {f"m{i}": [f"Q{i}" + draw.of(["", " "]), "Q99"] for i in range(ROWS)}
    said = {"unknown": ["Q1"]}
    for i in range(ROWS - 2):
        ranked = [f"Q{draw.below(ROWS)}" for _ in range(25)]
        said[f"m{i}"] = ranked if draw.next() < 0.7 else [f"Q{ROWS + n}" for n in range(20)] + [f"Q{i}"]
    return gold, said


def choices(draw):
    gold, said = labels(draw, ["0", "1"])
    return [int(g) for g in gold], [int(s) for s in said]


def make(task, language):
    """Gold labels and predictions of one file."""
    draw = Draw("golden", task, language)
    if task in ("xnli", "pawsx"):
        return labels(draw, NLI if task == "xnli" else ["0", "1"])
    if task in ("udpos", "panx"):
        return tags(draw, POS if task == "udpos" else NER)
    if task in ("xquad", "mlqa", "tydiqa"):
        return answers(draw, language)
    return {"bucc2018": pairs, "tatoeba": rows, "mewslix": entities, "xcopa": choices}[task](draw)


def write(root, what, task, language, value):
    """One file as the scorer's readers want it."""
    if task in ("xquad", "mlqa", "tydiqa"):
        suffix = "json"
        if what == "labels":
            qas = [{"id": k, "answers": [{"text": t, "answer_start": 0} for t in v]} for k, v in value.items()]
            value = {"data": [{"paragraphs": [{"context": "", "qas": qas}]}]}
        text = json.dumps(value)
    elif task == "mewslix":
        suffix, text = "json", json.dumps(value)
    elif task == "xcopa":
        suffix, text = "jsonl", "".join(json.dumps({"label": label}) + "\n" for label in value)
    elif task in ("udpos", "panx"):
        suffix, text = "tsv", "\n".join("".join(f"{tag}\n" for tag in sentence) for sentence in value)
    else:
        suffix, text = "tsv", "".join(f"{line}\n" for line in value)
    folder = Path(root, what, task)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"test-{language}.{suffix}").write_text(text, encoding="utf-8")


def main():
    from evaluate import evaluate

    found = {}
    with tempfile.TemporaryDirectory() as root:
        for task, languages in LANGUAGES.items():
            for language in languages.split():
                gold, said = make(task, language)
                write(root, "labels", task, language, gold)
                write(root, "predictions", task, language, said)
        for version in ("xtreme", "xtreme-r"):
            with contextlib.redirect_stderr(io.StringIO()):
                overall, detailed = evaluate(f"{root}/predictions", f"{root}/labels", version)
            found[version] = {"overall": overall, "tasks": detailed}
    json.dump(found, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
