"""MultiCheckList's cases from a templates file of our own in the published layout, and its error rate."""

import re

import pytest

from adaptstilts.data.check import check
from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Prediction
from adaptstilts.metrics.checklist import clean, error_rates, right
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.challenges._multichecklist import CASES, TESTS, read
from adaptstilts.tasks.challenges._names import NAMES

# Columns: English; German with two translations; Thai; Filipino; Quechua; Turkish with two translations; Azerbaijani.
HEADER = ["Field", "en", "de", "de-placeholders", "de", "de-placeholders", "th", "tl", "qu", "qu-placeholders", "tr",
          "tr-placeholders", "tr", "tr-placeholders", "az"]  # fmt: skip
ROWS = [
    ("Name", "A is COMP than B. Who is more / less COMP?"),
    ("Capability", "Vocabulary"),
    ("Context", "{first_name} runs {adj[0]} than {first_name1}.", "{first_name} läuft {adj[0]} als {first_name1}.", "", "", "",
     "{first_name} วิ่ง{adj[0]} {first_name1}", "Si {first_name} ay {adj[0]} kay {first_name1}.",
     "{first_name}qa {adj[0]} {first_name1}mantaqa.", "", "{first_name}, {first_name1}'den {adj[0]}.", "", "", "", ""),
    ("Question", "Who is {adj[1]}?", "Wer ist {adj[1]}?", "", "Wer geht {adj[1]}?", "slower, slow",
     "ใคร{adj[1]}", "Sino ang {adj[1]}?", "¿Pitaq {adj[1]}?", "", "Kim {adj[1]}?", "", "", "", ""),
    ("Answer", "{first_name}", "{first_name}", "", "", "", "{first_name}", "{first_name}", "{first_name}qa", "",
     "{first_name}", "", "", "", ""),
    ("Question", "Who is less {adj[1]}?", "Wer ist weniger {adj[1]}?", "", "", "", "ใครน้อย{adj[1]}", "Sino ang hindi {adj[1]}?",
     "¿Pitaq as {adj[1]}?", "", "Kim az {adj[1]}?", "", "", "", ""),
    ("Answer", "{first_name1}", "{first_name1}", "", "", "", "{first_name1}", "Si {first_name1}", "{first_name1}mantaqa", "",
     "{first_name1}'den", "", "", "", ""),
    ("adj", "faster, fast", "schneller, schnell", "", "", "", "เร็วกว่า เร็ว", "mas mabilis, mabilis", "aswan utqay, utqay", "",
     "daha hızlı, hızlı", "", "", "", ""),
    ("adj", "slower, slow", "langsamer, langsam", "", "", "", "ช้ากว่า ช้า", "mas mabagal, mabagal", "aswan allin, allin", "",
     "daha yavaş، yavaş", "", "", "", ""),
    ("",),
    ("Name", "size, shape, age, color"),
    ("Capability", "Taxonomy"),
    ("Context", "I see {obj[0]}. {c:obj[1]} is {p.v1} and {p.v2}.", "Ich sehe {obj[0]}. {c:obj[1]} ist {p.v1} und {p.v2}."),
    ("Question", "What {p.p1} has {obj[1]}?", "Welche {p.p1} hat {obj[1]}?", "color, size", "Welches {p.p1} hat {obj[1]}?", "age"),
    ("Answer", "{p.v1}", "{p.v1}"),
    ("Question", "What {p.p2} has {obj[1]}?", "Welche {p.p2} hat {obj[1]}?", "color, size", "Welches {p.p2} hat {obj[1]}?", "age"),
    ("Answer", "{p.v2}", "{p.v2}"),
    ("obj", "a lamp, the lamp", "eine Lampe, die Lampe"),
    ("obj", "a table, the table", "einen Tisch, der Tisch"),
    ("property", "color", "Farbe"),
    ("property", "size", "Größe"),
    ("property", "age", "Alter"),
    ("color", "green", "grün"),
    ("color", "red", "rot"),
    ("size", "huge", "riesig"),
    ("age", "new", "neu", "a lamp, the lamp", "neuartig", "table"),
    ("\t\t\t",),
    ("Name", "Animal vs Vehicle"),
    ("Capability", "Taxonomy"),
    ("Context", "{first_name} has {animal} and {vehicle}.", "", "", "", "", "", "", "", "", "{first_name} {animal} ve {vehicle} var."),
    ("Context", "{first_name} sees {vehicle} and {animal}.", "", "", "", "", "", "", "", "", "{first_name} {vehicle} ve {animal} gördü."),
    ("Question", "What animal?", "", "", "", "", "", "", "", "", "Hangi hayvan?"),
    ("Answer", "{animal}", "", "", "", "", "", "", "", "", "{animal}"),
    ("animal", "a dog", "", "", "", "", "", "", "", "", "bir köpek", "{animal}, {first_name} bought {animal}.", "bir köpeği",
     "{first_name} has {animal} and {vehicle}., {first_name} sees {vehicle} and {animal}."),
    ("vehicle", "a car", "", "", "", "", "", "", "", "", "bir araba"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    file = tmp_path / "multichecklist" / "checklist_templates.tsv"
    file.parent.mkdir()
    lines = [HEADER, *ROWS]
    file.write_text("\n".join("\t".join(line) for line in lines) + "\n", encoding="utf-8")
    return tmp_path


def records(folder, language, cases=40):
    return read(folder / "multichecklist" / "checklist_templates.tsv", language, cases)


def of_test(found, test):
    return [record for record in found if record["id"].startswith(f"{test}-")]


def test_every_answer_stands_in_its_context_and_nothing_is_left_unfilled(folder):
    for language in ("en", "de", "th", "tl", "qu", "tr"):
        for record in records(folder, language):
            assert not re.search(r"[{}\[\]]", record["context"] + record["question"]), record
            for text, start in zip(record["answers"]["text"], record["answers"]["answer_start"], strict=True):
                assert record["context"][start : start + len(text)] == text


def test_two_hundred_cases_a_test_and_each_asks_all_questions_of_all_contexts(folder):
    assert CASES == 200
    found = records(folder, "en", CASES)
    assert len(of_test(found, "comparison")) == 200 * 2
    assert len(of_test(found, "properties")) == 200 * 2
    assert len(of_test(found, "animal_vehicle")) == 200 * 2
    assert len({record["id"] for record in found}) == len(found)
    assert [record["id"].split("-")[0] for record in found[:6]] == [
        name for name in ("comparison", "properties", "animal_vehicle") for _ in range(2)
    ]  # tests take turns, so that the first rows are of all of them


def test_a_filled_in_english_case(folder):
    first, second = of_test(records(folder, "en", 1), "comparison")
    a, b = re.fullmatch(r"(\w+) runs (?:faster|slower) than (\w+)\.", first["context"]).groups()
    assert a != b and {a, b} <= set(NAMES["en"])
    assert re.fullmatch(r"Who is (?:fast|slow)\?", first["question"])
    assert (first["answers"]["text"][0], second["answers"]["text"][0]) == (a, b)


def test_translations_follow_their_placeholders(folder):
    for record in of_test(records(folder, "de"), "comparison"):
        if "weniger" not in record["question"]:
            assert ("geht" in record["question"]) == ("langsam" in record["question"]), record
    for record in of_test(records(folder, "de"), "properties"):
        assert ("Welches" in record["question"]) == ("Alter" in record["question"]), record
        assert ("neuartig" not in record["context"]) or "Tisch" in record["context"]
        assert (" neu " not in f"{record['context'].strip('.')} ") or "Lampe" in record["context"]
        assert record["context"].split(". ")[1][0] == "D"  # {c:...} begins a sentence


def test_both_questions_of_a_case_ask_for_different_properties(folder):
    found = of_test(records(folder, "de"), "properties")
    for one, other in zip(found[::2], found[1::2], strict=True):
        assert one["context"] == other["context"] and one["question"] != other["question"]
        assert set(one["answers"]["text"]).isdisjoint(other["answers"]["text"])


def test_values_split_at_the_comma_of_any_script(folder):
    assert any("yavaş?" in r["question"] and "daha" not in r["question"] for r in records(folder, "tr"))
    assert {r["question"] for r in records(folder, "th")} <= {"ใครเร็ว", "ใครช้า", "ใครน้อยเร็ว", "ใครน้อยช้า"}


def test_an_answer_that_is_inflected_in_its_context_is_gold_in_that_form(folder):
    for record in of_test(records(folder, "tl"), "comparison")[1::2]:
        assert record["answers"]["text"][0] in NAMES["tl"]  # the template says "Si ..." where the context has "kay ..."
    for record in of_test(records(folder, "qu"), "comparison"):
        assert record["answers"]["text"][0].endswith("qa")
    for record in of_test(records(folder, "tr"), "animal_vehicle"):
        assert "bir köpeği" in record["context"]
        assert record["answers"]["text"] == ["bir köpeği", "köpeği"]


def test_it_is_the_same_whenever_and_however_much_is_read(folder):
    assert records(folder, "de", 40) == records(folder, "de", 40)
    assert records(folder, "de", 40)[: 40 * 4] == records(folder, "de", 80)[: 40 * 4]
    assert len({record["context"] for record in records(folder, "en", 200)}) > 60


def test_a_language_without_templates_or_another_file_is_refused(folder, tmp_path):
    with pytest.raises(DataMissing, match="no templates for 'az'"):
        records(folder, "az")
    other = tmp_path / "other.tsv"
    other.write_text("a\tb\n", encoding="utf-8")
    with pytest.raises(DataMissing, match="not MultiCheckList's"):
        read(other, "en")


def test_rows_load_and_pass_their_kinds_law(folder):
    task, where = TASKS.get("multichecklist"), source_of(str(folder))
    rows = load(task, "test", "de", where).rows
    assert len(rows) == 200 * 4
    assert len({row.source for row in rows}) == 400
    assert check(task, where, ("en", "de", "tl")).bad == 0


def test_languages_are_the_fifty_of_the_templates_file():
    task = TASKS.get("multichecklist")
    assert len(task.languages) == 50
    assert set(task.languages) == set(NAMES)
    assert "ro" not in task.languages and "ha" in task.languages
    assert all(len(set(names)) >= 11 for names in NAMES.values())
    assert len(TESTS) == 6


# Expected values worked by hand from the original cleaner's rules: case counts, inner blanks count, ends are stripped.
@pytest.mark.parametrize(
    ("language", "said", "gold", "same"),
    [
        ("en", "the cat.", "cat", True),
        ("en", "The cat", "cat", False),
        ("en", "in a box", "box", True),
        ("en", "black a cat", "black cat", False),
        ("de", "einen Hund,", "Hund", True),
        ("de", "der Hund", "Hund", False),
        ("el", "Ο Νίκος", "Νίκος", True),
        ("ar", "الكلب", "كلب", True),
        ("ar", "كالب", "كب", False),
        ("bn", "একটি কুকুর৷", "কুকুর", True),
        ("hi", "एकड़", "ड़", True),
        ("pl", "„kot”.", "kot", True),
        ("fr", "„kot”", "kot", False),
        ("ur", "بلی\u200f", "بلی", True),
        ("tl", "Si Juan", "Juan", True),
        ("zh", "猫.", "猫", True),
        ("zh", "猫。", "猫", False),
        ("en", "", "", True),
    ],
)
def test_answers_are_compared_as_the_original_compares_them(language, said, gold, same):
    assert right(said, ["something else", gold], language) is same


def test_cleaning_without_articles_only_strips():
    assert clean(" ,a, b. ", "xx") == "a, b"


def test_a_case_fails_if_any_of_its_questions_does():
    cases = [
        ("a", "1", True),
        ("a", "1", False),
        ("a", "1", True),
        ("a", "2", True),
        ("a", "3", True),
        ("b", "1", True),
    ]
    assert error_rates(cases) == pytest.approx(
        {"error_rate": 1 / 6, "pass_rate": 5 / 6, "error_rate_a": 1 / 3, "error_rate_b": 0.0}
    )
    with pytest.raises(InputError):
        error_rates([])


def test_the_kind_scores_cases(folder):
    task = TASKS.get("multichecklist")
    rows = load(task, "test", "en", source_of(str(folder))).rows
    kind, gold = kind_of("span"), [Prediction(row.answers[0].text, 1.0, 0.0) for row in rows]
    assert kind.score(rows, gold, task, "en")["error_rate"] == 0.0
    broken = [
        Prediction("", 0.0, 0.0) if row.id == "comparison-000-01" else p for row, p in zip(rows, gold, strict=True)
    ]
    found = kind.score(rows, broken, task, "en")
    assert found["error_rate_comparison"] == pytest.approx(1 / 200)
    assert found["error_rate"] == pytest.approx(1 / 600)
    assert found[task.metric] == pytest.approx(1 - 1 / 600)
