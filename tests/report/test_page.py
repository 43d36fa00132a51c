"""The page of one cell, read back with the standard library's HTML parser; records are made from real steps."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from adaptstilts.experiments.steps import Score, Shelved, TrainAdapter, Transfer, spec
from adaptstilts.report.cell import table
from adaptstilts.report.page import page, write_page
from adaptstilts.settings import AdapterSettings, Limits, Recipe

BACKBONE = {"content": "0123456789abcdef0123456789abcdef"}
POCKET = {"pocket": 1}
HUB = {"hub": [["paws-x", "en", "train", "8a04d940a42cd40658986fdd8e3da561533a3646"]]}
LANGUAGES = ("en", "qaa", "qab", "qac", "qad", "qae", "qaf")
ATTACKS = ("swap", "drop", "mix_fields", "distract", "greedy")
RECIPE, SHAPE, LIMITS = Recipe(steps=500), AdapterSettings(), Limits()
VOID = {"meta", "link", "br", "img", "hr", "input", "base"}
DRAWN = {"rect", "line", "path", "circle"}


def steps(languages=LANGUAGES, attacks=ATTACKS, tasks=("squad", "mnli", "hellaswag"), target="pawsx", data=POCKET):
    """A transfer and its scores; the last adapter was trained here, the others come from a zoo."""
    backbone, data = json.dumps(BACKBONE), json.dumps(data)
    trained = [TrainAdapter(task, 1, data, "en", backbone, SHAPE, RECIPE, LIMITS) for task in tasks[-1:]]
    shelved = [Shelved(task, f"{i:032x}") for i, task in enumerate(tasks[:-1])]
    composition, adapters = "fuse" if tasks else "none", (*shelved, *trained)
    transfer = Transfer(target, 1, "en", backbone, composition, 1, adapters, SHAPE, LIMITS, data=data, recipe=RECIPE)
    clean = Score(transfer, data, languages, LIMITS, rows=400)
    attacked = [
        Score(transfer, data, languages, LIMITS, clean, attack=name, rows=400, severity=0.1) for name in attacks
    ]
    return transfer, [clean, *attacked]


def record(step, made, config="pocket", backbone=BACKBONE):
    """A record as `work` writes it."""
    return {
        "schema": 1,
        "key": step.key,
        "step": step.kind,
        "title": step.title,
        "spec": spec(step),
        "upstream": [need.key for need in step.needs],
        **made,
        "cost": {"seconds": 12.345},
        "provenance": {
            "config": config,
            "backbone": backbone,
            "packages": {"adaptstilts": "0.1.0", "adapters": "1.3.0", "torch": "2.13.0+cpu", "numpy": None},
            "commit": "89abcdef" * 5,
            "dirty": False,
            "python": "3.11.2",
            "platform": "Linux x86_64",
            "cores": 2,
            "device": "cpu",
        },
        "outcome": "ok",
    }


def transfer_record(step, **more):
    parts = {"backbone": 2_345_678, "adapters": 98_304, "fusion": 147_456, "target_adapter": 32_768, "head": 1_026}
    training = {
        "examples": 4000, "origin": HUB, "truncated": 3, "steps": 500, "tokens": 812_345, "seconds": 41.2,
        "loss": [[10, 0.71], [500, 0.233]], "peak_memory": 900 * 2**20, "resumed_at": 0, "tokens_per_second": 19_717.1,
    }  # fmt: skip
    made = {
        "parts": {**parts, "trainable": 181_250, "total": sum(parts.values())},
        "training": training,
        "target": step.target,
        "composition": step.composition,
        "tasks": list(step.tasks),
        "seed": step.seed,
        "adapters": {task: f"{i:032x}" for i, task in enumerate(step.tasks)},
    }
    return record(step, made, **more)


def clean_scores(i, language):
    accuracy = 0.9137 - 0.0613 * i
    return {
        "n": 400, "split": "test" if language != "qab" else "dev", "truncated": 0, "chance": 0.5525 + i / 1000,
        "accuracy": accuracy, "balanced_accuracy": accuracy - 0.01,
    }  # fmt: skip


def attacked_scores(i, name):
    accuracy = 0.80119 - 0.05 * i if name != "greedy" else 0.31 - 0.02 * i
    return {
        "n": 400, "reached": 371 + i, "clean": 0.9 - 0.06 * i, "accuracy": accuracy, "balanced_accuracy": accuracy,
        "worst_case": accuracy - 0.04, "success_rate": 0.1234 if i else None, "edit_rate": 0.0871,
        "queries": 23.45 if name == "greedy" else 0.0,
    }  # fmt: skip


def score_record(step, **more):
    scores = {
        language: clean_scores(i, language) if not step.attack else attacked_scores(i, step.attack)
        for i, language in enumerate(step.languages)
    }
    made = {
        "target": step.transfer.target, "metric": "accuracy", "attack": step.attack or None, "exposure": "related", "scores": scores,
    }  # fmt: skip
    return record(step, made, **more)


def records(**shape):
    transfer, scores = steps(**shape)
    return transfer_record(transfer), [score_record(step) for step in scores]


class Read(HTMLParser):
    """Tags that close, cells by table id, attributes and the text of the page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.ids = [], [], [], []
        self.tables, self.words, self._rows = {}, [], None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._rows = self.tables[dict(attrs).get("id", f"table {len(self.tables)}")] = []
        if tag == "tr":
            self._rows.append([])
        if tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        assert tag in DRAWN, f"{tag} may not close itself in HTML"
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self._rows[-1][-1] += data.strip()

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def made():
    transfer, scores = records()
    return transfer, scores, page(transfer, scores, "adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx")


def test_numbers_equal_the_table(made):
    transfer, scores, text = made
    shown = table(transfer, scores)
    head, *rows = Read(text).tables["scores"]
    assert head == ["language", "clean", *ATTACKS, "chance"]
    assert [row[0] for row in rows[:7]] == ["en (trained)", *LANGUAGES[1:]]
    for language, row in zip(LANGUAGES, rows, strict=False):
        expected = [shown.scores[language][column] for column in shown.columns] + [shown.majority[language]]
        assert row[1:] == [f"{100 * value:.1f}" for value in expected]
    assert rows[7][:-1] == ["mean without en"] + [f"{100 * shown.mean[column]:.1f}" for column in shown.columns]
    assert float(rows[7][-1]) == pytest.approx(55.6, abs=0.01)
    assert rows[8] == ["the same rows, clean", ""] + [f"{100 * shown.clean[column]:.1f}" for column in ATTACKS] + [""]
    assert rows[9][1:] == ["400", "377", "377", "377", "377", "377", ""]


def test_what_attacks_did(made):
    *_, text = made
    read = Read(text)
    greedy = next(row for row in read.tables["attacks"] if row[0] == "greedy")
    assert greedy[1:8] == ["2,247 of 2,400", "69.0", "24.0", "20.0", "12.3", "8.7", "23.4"]
    assert "greedy by language: words the model needs most" in read.text
    by_language = [rows for rows in read.tables.values() if rows[1][0] == "en (trained)" and len(rows[0]) == 8]
    assert [rows[0][1] for rows in by_language[:5]] == [
        "clean",
        "rows reached",
        "rows reached",
        "rows reached",
        "rows reached",
    ]
    assert by_language[1][1] == ["en (trained)", "371 of 400", "90.0", "80.1", "76.1", "n/a", "8.7", "0.0"]


def test_at_a_glance(made):
    *_, text = made
    said = Read(text).text.replace("\xa0", " ")
    assert "the mean over the 6 languages that the target was not trained in is 69.9 % , against 91.4 % in en" in said
    assert "lowest mean under attack is 24.0 % , under greedy (the same rows clean: 69.0 %)" in said
    assert "4.9 points either way" in said  # 1.96 * sqrt(0.25 / 400)


def test_each_drawing_speaks(made):
    transfer, scores, text = made
    read = Read(text)
    assert read.tags.count("svg") == len(LANGUAGES) + 1 == read.tags.count("desc")
    assert len(read.ids) == len(set(read.ids))
    for _, name, value in read.attributes:
        if name == "aria-labelledby":
            assert set(value.split()) <= set(read.ids)
    clean, swap = (100 * table(transfer, scores).scores["qaf"][column] for column in ("clean", "swap"))
    assert f"clean {clean:.1f} %, swap {swap:.1f} %" in read.text


def test_bars_are_as_long_as_their_scores(made):
    transfer, scores, text = made
    svg = text.split('aria-labelledby="bars-3-t', 1)[1].split("</svg>", 1)[0]
    width = float(svg.split('<rect class="track"', 1)[1].split('width="', 1)[1].split('"', 1)[0])
    lengths = [
        float(part.split('width="', 1)[1].split('"', 1)[0])
        for part in svg.split('<rect class="')[1:]
        if part[:5] != "track"
    ]
    cells = table(transfer, scores).scores["qab"]
    assert [length / width for length in lengths] == pytest.approx(list(cells.values()), abs=1e-4)


def test_it_needs_nothing_but_itself(made):
    *_, text = made
    read = Read(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(read.tags)
    assert "http:" not in text and "https:" not in text and "//" not in text.replace("</", "")
    assert "@import" not in text and "url(" not in text
    assert "Content-Security-Policy" in text
    for tag, name, value in read.attributes:
        assert not name.startswith("on") and name not in {"src", "srcset", "data", "style"}
        if name == "href":
            assert tag == "a" and value.startswith("../")


def test_links_reach_the_records(tmp_path):
    transfer, scores = records()
    for known in (transfer, *scores):
        folder = tmp_path / "steps" / known["key"]
        folder.mkdir(parents=True)
        (folder / "record.json").touch()
        (folder / "predictions.parquet").touch()
    (trained,) = transfer["upstream"]
    (tmp_path / "steps" / trained).mkdir()
    (tmp_path / "steps" / trained / "record.json").touch()
    path = write_page(tmp_path / "steps" / transfer["key"], transfer, scores, "adaptstilts fuse")
    assert path == tmp_path / "steps" / transfer["key"] / "page.html"
    links = [value for _, name, value in Read(path.read_text(encoding="utf-8")).attributes if name == "href"]
    assert len(links) == 1 + 1 + 2 * 6
    assert all((path.parent / Path(link)).is_file() for link in links)
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_the_rest_of_the_record_is_told(made):
    *_, text = made
    said = Read(text).text
    for words in (
        "adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx", "2,345,678", "fusion", "147,456", "score greedy", "12.3",
        "86.4", "0" * 31 + "1", "adapter zoo", "trained in this store", "2.13.0+cpu", "89abcdef", "Linux x86_64", BACKBONE["content"],
        "scored on dev rows for want of a test split: qab", "'related'", "0.710 at first, 0.233 at the end", "900 MiB", "4,000 in en",
        "hub: paws-x en train 8a04d940a42cd40658986fdd8e3da561533a3646",
    ):  # fmt: skip
        assert words in said


def test_texts_stay_text():
    hostile = "<script>alert(1)</script>\"'&</title></style><b>"
    transfer, scores = records(tasks=("squad", hostile), target=hostile)
    scores[1]["attack"] = hostile
    scores[1]["scores"]["qaa"] = {"n/a": hostile}
    transfer["training"]["origin"] = hostile
    transfer["provenance"]["config"] = hostile
    text = page(transfer, scores, f"adaptstilts fuse --tasks {hostile}")
    read = Read(text)
    assert "script" not in read.tags and "b" not in read.tags
    assert read.text.count("<script>alert(1)</script>") >= 8
    assert "<script" not in text


def test_a_hostile_key_is_no_link_out():
    transfer, scores = records()
    scores[0]["key"] = "javascript:alert(1)//../../etc"
    links = [value for _, name, value in Read(page(transfer, scores)).attributes if name == "href"]
    assert "../javascript%3Aalert%281%29%2F%2F..%2F..%2Fetc/record.json" in links
    assert all(link.startswith("../") and link.count("/") == 2 for link in links)


def test_what_has_no_number_is_na():
    transfer, scores = records()
    for language in LANGUAGES:
        scores[3]["scores"][language] = {"n/a": "this kind has one field"}
    scores[1]["scores"]["qaa"] = {"n": 400, "reached": 0, "n/a": "no row could be changed"}
    read = Read(page(transfer, scores))
    rows = {row[0]: row for row in read.tables["scores"]}
    mixed = rows["language"].index("mix_fields")
    assert {rows[name][mixed] for name in ("en (trained)", "qaa", "qaf", "mean without en")} == {"n/a"}
    assert rows["qaa"][rows["language"].index("swap")] == "n/a"
    assert rows["qab"][rows["language"].index("swap")] != "n/a"
    total = next(row for row in read.tables["attacks"] if row[0] == "mix_fields")
    assert total[1:8] == ["0 of 0", *["n/a"] * 6]
    assert "n/a: no row could be changed" in read.text
    assert "mix_fields n/a" in read.text


def test_no_attack_one_language_no_training():
    transfer, scores = records(languages=("en",), attacks=(), tasks=())
    del transfer["training"]
    read = Read(page(transfer, scores))
    assert read.tables["scores"][0] == ["language", "clean", "chance"]
    assert read.tables["scores"][-2] == ["mean without en", "n/a", "n/a"]
    for words in ("No attack was run", "No intermediate adapter", "nothing is trained", "Only en was scored"):
        assert words in read.text
    assert read.tags.count("svg") == 1 and "command that made" not in read.text


def test_forty_languages_and_long_names():
    languages = ("en", *(f"q{a}{b}" for a in "abcdefghijklm" for b in "xyz"))
    transfer, scores = records(languages=languages, tasks=("a_task_with_a_very_long_name_" * 6,))
    scores[1]["attack"] = "an_attack_with_a_very_long_name"
    for known in scores:
        for i, found in enumerate(known["scores"].values()):
            found["accuracy"] = 0.9 - i / 100
    read = Read(page(transfer, scores))
    assert {row[0] for row in read.tables["scores"]} >= set(languages[1:])
    assert read.tags.count("svg") == 41
    assert "an_attack…" in read.text and "an_attack_with_a_very_long_name" in read.text


@pytest.mark.parametrize(
    ("config", "data", "backbone", "says", "silent"),
    [
        ("pocket", HUB, BACKBONE, ("nothing about human languages",), ("randomly initialised", "one run cannot say")),
        ("mine", POCKET, BACKBONE, ("nothing about human languages",), ("randomly initialised", "one run cannot say")),
        (
            "xlmr-base",
            HUB,
            {"hub": "FacebookAI/xlm-roberta-base", "revision": "main"},
            ("one run cannot say",),
            ("human", "random"),
        ),
        (
            "xlmr-base",
            HUB,
            {"hub": "FacebookAI/xlm-roberta-base", "revision": "main", "init": "random", "seed": 0},
            ("randomly initialised", "mean nothing"),
            ("human languages", "one run cannot say"),
        ),
    ],
)
def test_it_says_what_the_numbers_mean(config, data, backbone, says, silent):
    transfer, scores = steps(data=data)
    transfer, scores = (
        transfer_record(transfer, config=config, backbone=backbone),
        [score_record(step) for step in scores],
    )
    meaning = page(transfer, scores).split('class="meaning"', 1)[1].split("</section>", 1)[0]
    assert all(words in meaning for words in says)
    assert not any(words in meaning for words in silent)


def test_scores_made_elsewhere_are_told():
    transfer, scores = records()
    assert "differs for" not in page(transfer, scores)
    scores[2]["provenance"] = {**scores[2]["provenance"], "device": "cuda:0", "dirty": True}
    assert "differs for score drop device: cuda:0; dirty: true" in Read(page(transfer, scores)).text


def test_the_mark_is_the_terminals(made):
    *_, text = made
    body = text.split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    assert body.count('class="fell"') == len(LANGUAGES)  # greedy everywhere, nothing else
