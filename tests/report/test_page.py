"""The page of one cell, read back with the standard library's HTML parser; records are made from real steps."""

import re
from pathlib import Path

import pytest
from matplotlib.colors import to_hex

from adaptstilts.report.drawing.sheet import RISING
from adaptstilts.store.records.record import record_of
from tests.report.plainly import page, table, write_page
from tests.report.reading import Read
from tests.report.records import (
    ATTACKS,
    BACKBONE,
    HUB,
    LANGUAGES,
    POCKET,
    challenge_record,
    records,
    score_record,
    steps,
    transfer_record,
)


@pytest.fixture(scope="module")
def made():
    transfer, scores = records()
    return transfer, scores, page(transfer, scores, "adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx")


def test_numbers_equal_the_table(made):
    transfer, scores, text = made
    shown = table(transfer, scores)
    head, *rows = Read(text).tables["scores"]
    assert head == ["language", "clean", *ATTACKS, "chance", "n"]
    assert [row[0] for row in rows[:7]] == ["en (trained)", *LANGUAGES[1:]]
    for language, row in zip(LANGUAGES, rows, strict=False):
        expected = [shown.scores[language][column] for column in shown.columns] + [shown.majority[language]]
        assert row[1:] == [*(f"{100 * value:.1f}" for value in expected), "400"]
    assert rows[7][:-2] == ["mean without en"] + [f"{100 * shown.mean[column]:.1f}" for column in shown.columns]
    assert float(rows[7][-2]) == pytest.approx(55.6, abs=0.01)
    assert rows[8][:-2] == ["mean with en"] + [f"{100 * shown.every[column]:.1f}" for column in shown.columns]
    assert rows[9] == ["the same rows, clean", ""] + [f"{100 * shown.clean[column]:.1f}" for column in ATTACKS] + [
        "",
        "",
    ]
    assert rows[10][1:] == ["400", "377", "377", "377", "377", "377", "", ""]


def test_what_attacks_did(made):
    *_, text = made
    read = Read(text)
    greedy = next(row for row in read.tables["attacks"] if row[0] == "greedy")
    assert greedy[1:] == ["2,247 of 2,400", "69.0", "24.0", "20.0", "12.3", "23.4", "8.7", "75.0", "25.0", "0.0"]
    assert "greedy by language: misspelt words are exchanged" in read.text
    by_language = [rows for rows in read.tables.values() if rows[1][0] == "en (trained)"]
    assert [rows[0][1] for rows in by_language[:5]] == [
        "clean",
        "rows reached",
        "rows reached",
        "rows reached",
        "rows reached",
    ]
    assert by_language[1][1] == [
        "en (trained)",
        "371 of 400",
        "90.0",
        "80.1",
        "76.1",
        "n/a",
        "0.0",
        "8.7",
        "75.0",
        "25.0",
        "0.0",
    ]
    assert by_language[5][-1] == ["mean without en", *greedy[1:]]


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
    drawn = re.findall(r'<path d="M ([\d.]+) [\d.]+ L ([\d.]+) [^"]*" fill="var\(--(\w+)\)"', svg)
    (width,) = {float(end) - float(start) for start, end, colour in drawn if colour == "track"}
    lengths = [float(end) - float(start) for start, end, colour in drawn if colour != "track"]
    assert [colour for *_, colour in drawn if colour != "track"] == ["clean", *["attack"] * (len(lengths) - 1)]
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
    assert len(links) == 6 + 1 + 1 + 2 * 6  # headings of the scores, an adapter, records and predictions
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
    hostile = {"key": "javascript:alert(1)//../../etc"}
    with pytest.raises(ValueError, match="key"):
        record_of({**scores[0], **hostile})
    scores[0] = record_of(scores[0]).model_copy(update=hostile)  # had it come through
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
    assert total[1:] == ["0 of 0", *["n/a"] * 9]
    assert "n/a: no row could be changed" in read.text
    assert "mix_fields n/a" in read.text


def test_no_attack_one_language_no_training():
    transfer, scores = records(languages=("en",), attacks=(), tasks=())
    del transfer["training"]
    read = Read(page(transfer, scores))
    assert read.tables["scores"][0] == ["language", "clean", "chance", "n"]
    assert read.tables["scores"][-2] == ["mean without en", "n/a", "n/a", ""]
    for words in ("No attack was run", "No intermediate adapter", "nothing is trained", "Only en was scored"):
        assert words in read.text
    assert read.tags.count("svg") == 1 and "command that made" not in read.text


def test_forty_languages_and_long_names():
    languages = ("en", *(f"q{a}{b}" for a in "abcdefghijklm" for b in "xyz"))
    transfer, scores = records(languages=languages, tasks=("a_task_with_a_very_long_name_" * 6,))
    scores[1]["attack"] = "an_attack_with_a_very_long_name"
    for known in scores:
        for i, found in enumerate(known["scores"].values()):
            shares = ("accuracy", "balanced_accuracy", "clean", "worst_case")
            found |= {name: 0.9 - i / 100 for name in shares if name in found}
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


def fused(attention, members=("squad", "mnli", "hellaswag")):
    transfer, scores = records()
    scores[0]["attention"] = attention
    transfer["members"] = list(members)
    return page(transfer, scores)


def test_attention_is_drawn_and_spoken():
    layers = {"en": [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], "qaa": [[0.7, 0.1, 0.2], None]}
    text = fused(layers)
    read = Read(text)
    assert read.tags.count("svg") == len(LANGUAGES) + 1 + 2
    assert "layer 1: squad 60.0 %, mnli 20.0 %, hellaswag 20.0 %; layer 2: squad 10.0 %, mnli 10.0 %" in read.text
    assert "en: squad 30.0 %, mnli 20.0 %, hellaswag 50.0 %; qaa: squad 70.0 %" in read.text
    drawn = text.split('aria-labelledby="heat-1-t', 1)[1].split("</svg>", 1)[0]
    fills = re.findall(r'fill="(#[0-9a-f]{6})" stroke="var\(--paper\)"', drawn)
    assert fills == [to_hex(RISING(value / 0.8)) for value in (0.6, 0.2, 0.2, 0.1, 0.1, 0.8)]
    assert len(read.ids) == len(set(read.ids))


def test_a_layer_without_weights_has_none():
    read = Read(fused({"en": [[None, None, None], [0.2, 0.3, 0.5]]}))
    assert "layer 1: none; layer 2: squad 20.0 %" in read.text
    assert read.tags.count("svg") == len(LANGUAGES) + 1 + 1  # one language: no second grid


def test_weights_of_some_members_only():
    """A composition may fuse two members and stack a third: the score names those that share the weights."""
    transfer, scores = records()
    scores[0] |= {"attention": {"en": [[0.4, 0.6]]}}
    assert "layer 1: adapter 1 40.0 %, adapter 2 60.0 %." in Read(page(transfer, scores)).text
    scores[0]["members"] = ["squad", "hellaswag"]
    assert "layer 1: squad 40.0 %, hellaswag 60.0 %." in Read(page(transfer, scores)).text


def test_no_attention_no_section(made):
    *_, text = made
    assert "What each adapter is given" not in text
    assert "Forgetting" not in text and "Challenge sets" not in text


def test_the_forgetting_table():
    transfer, scores = records()
    transfer["forgetting"] = {
        "order": ["mnli", "squad"],
        "scores": {"mnli": [0.8, 0.735], "squad": [None, 0.6]},
        "forgetting": {"mnli": 0.065},
    }
    head, mnli, squad = Read(page(transfer, scores)).tables["forgetting"]
    assert head == ["task", "after mnli", "after squad", "forgetting"]
    assert mnli == ["mnli", "80.0", "73.5", "6.5"]
    assert squad == ["squad", "", "60.0", ""]


def test_challenge_sets_have_a_section_of_their_own():
    transfer, scores = records()
    scores.append(challenge_record(transfer, "hans", {"en": 0.4}, exposure="unseen"))
    scores.append(challenge_record(transfer, "xnli_codemixed", {"mul": 0.3}))
    scores.append(challenge_record(transfer, "noisy_xnli", {"en": 0.9, "de": 0.8, "hi": 0.6}))
    read = Read(page(transfer, scores))
    assert read.tables["scores"][0] == ["language", "clean", *ATTACKS, "chance", "n"]
    _, hans, mixed, *noisy = read.tables["challenges"]
    assert hans == ["hans", "en", "30", "accuracy", "40.0", "50.0", "unseen"]
    assert mixed[:2] == ["xnli_codemixed", "mul"]
    assert noisy[-1] == ["noisy_xnli", "mean without en", "", "accuracy", "70.0", "", "related"]


def test_members_without_an_adapter_of_their_own():
    transfer, scores = records(tasks=())
    transfer |= {"composition": "random", "tasks": [], "members": ["random-1", "random-2"], "adapters": {}}
    rows = Read(page(transfer, scores)).tables["adapters"][1:]
    assert rows == [[f"random-{k}", "", "untrained, drawn at random"] for k in (1, 2)]
    transfer, scores = records(tasks=("mnli",))
    transfer |= {"composition": "sequential", "tasks": ["squad", "mnli"], "members": ["sequential"]}
    transfer["adapters"] = {"sequential": "d" * 32}
    assert Read(page(transfer, scores)).tables["adapters"][1:] == [["sequential", "d" * 32, "trained in this store"]]


def test_parameters_by_part():
    transfer, scores = records()
    transfer["parts"] |= {"language": 5, "merge": 7, "gate": 0}
    rows = dict(Read(page(transfer, scores)).tables["parameters"])
    assert rows["language adapters"] == "5" and rows["learned weights of the merge"] == "7"
    assert rows["added to the backbone"] == "279,554" and "gate" not in rows


def test_an_attack_on_embeddings_has_a_radius_and_no_text():
    transfer, scores = records(attacks=("pgd",))
    row = Read(page(transfer, scores)).tables["attacks"][1]
    assert row[0] == "pgd" and row[-4:] == ["radius 0.1", "no text", "", ""]


def test_the_config_is_told_once():
    transfer, scores = records()
    for known in (transfer, *scores):
        known["provenance"]["settings"] = {"name": "pocket", "evaluation": {"rows": 400}}
    scores[1]["provenance"]["settings"] = {"name": "pocket", "evaluation": {"rows": 50}}
    read = Read(page(transfer, scores))
    assert "differs for score swap settings: evaluation" in read.text
    assert read.text.count('"rows": 400') == 1


def test_a_record_of_an_earlier_version_is_shown():
    transfer, scores = records()
    for name in ("method", "members", "standins", "notes"):
        del transfer[name]
    for known in scores:
        del known["challenge"], known["standins"]
    assert Read(page(transfer, scores)).tables["adapters"][1][0] == "squad"


@pytest.mark.parametrize("attacks", [("entity_swap",), ("entity_swap", "diacritics")])
def test_attacks_that_apply_nowhere_stand_alone(tmp_path, attacks):
    transfer, scores = records(attacks=attacks)
    for score in scores[1:]:
        score["scores"] = {language: {"n/a": "pair does not allow entities"} for language in LANGUAGES}
        score["summary"] = {"languages": 0, "mean": None, "mean_without_source": None}
    read = Read(write_page(tmp_path, transfer, scores).read_text(encoding="utf-8"))
    head, *rows = read.tables["scores"]
    assert head[1:-2] == ["clean", *attacks] and [row[2] for row in rows[:7]] == ["n/a"] * 7
