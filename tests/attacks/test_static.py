"""Laws of the static attacks that are no plain letter edits, and what each leaves to be undone or checked from outside."""

import collections
import ctypes
import ctypes.util
import json
import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.attack import Given
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.static.diacritics import bare
from adaptstilts.attacks.static.homoglyph import look_alikes
from adaptstilts.attacks.static.insert import inserts
from adaptstilts.attacks.static.invisible import IGNORABLE, surviving
from adaptstilts.attacks.static.sub import substitutes
from adaptstilts.attacks.text.inventory import Inventory, inventory, inventory_of_rows, known_words
from adaptstilts.attacks.text.keyboards import mistyped, neighbours
from adaptstilts.attacks.text.languages import long_code, script_of_language, table
from adaptstilts.attacks.text.scripts import ill_formed, nature_of, tail_of
from adaptstilts.ids import rng_for
from adaptstilts.kinds import kind_of
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, SpanRow, TaggingRow
from adaptstilts.tasks.task import Task
from tests.attacks import build_tables as build

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
INVENTORIES = {language: inventory(texts) for language, texts in SENTENCES.items()}
STATIC = [
    attack.name
    for attack in ATTACKS
    if attack.family == "static" and attack.name not in ("mix_fields", "distract", "codemix", "entity_swap")
]
ROW_WISE = ["case", "punct"]
languages = st.sampled_from(sorted(SENTENCES))
severities = st.sampled_from([0.02, 0.05, 0.1, 0.2])


def differ(before, after):
    return before != after


def scene(kind, language="en", severity=0.1, seed=0, survives=differ, **more):
    task = Task("toy", kind, "target", "", "accuracy", labels=("no", "yes"))
    more.setdefault("inventory", INVENTORIES[language])
    return Scene(task, kind_of(kind), language, seed, severity, survives, **more)


def attack_one(name, row, where):
    return attack_rows(ATTACKS.get(name), [row], where)[0]


def single(text, language="en", id="1"):
    return ClassificationRow(id, language, id, text, None, 0)


def rows_of_every_kind(language):
    """One row of each kind, of the language's two sentences; the span's answer is the last word of the first."""
    one, two = SENTENCES[language]
    answer = regex.findall(r"\p{L}[\p{L}\p{M}\u200c\u200d]*", one)[-1]
    words = tuple(one.split())
    return {
        "single": single(one, language),
        "pair": ClassificationRow("1", language, "1", f"{one} {two}", two, 1),
        "choice": ChoiceRow("1", language, "1", one, "", (one, two), 0),
        "span": SpanRow("1", language, "1", f"{one} {two}", two, (Answer(answer, one.rindex(answer)),)),
        "tagging": TaggingRow("1", language, "1", words, (0,) * len(words)),
    }


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_every_attack_on_every_kind_leaves_sound_rows(language):
    for kind, row in rows_of_every_kind(language).items():
        where = scene(kind, language, 0.2)
        texts = {field.name: field.text for field in where.kind.fields(row, where.task)}
        for name in STATIC:
            if applies(ATTACKS.get(name), where.kind, language):
                continue
            after = attack_one(name, row, where)
            where.kind.check(after.row, where.task, None)
            assert after == attack_one(name, row, where)
            fields = where.kind.fields(after.row, where.task)
            assert [field.name for field in fields] == list(texts)
            if name == "nfd":
                assert [unicodedata.normalize("NFC", field.text) for field in fields] == list(texts.values())
                continue
            assert not any(ill_formed(field.text) for field in fields), name
            assert (after.outcome == "edited") == (after.row != row)


def test_the_languages_of_xtreme_r_are_covered():
    xtreme_r = set(SENTENCES) - {"am", "hy", "km", "kn", "lo", "ne", "si"}
    assert len(xtreme_r) == 50
    assert all(script_of_language(language) for language in SENTENCES)
    layouts = [language for language in xtreme_r if not applies(ATTACKS.get("keyboard"), kind_of("single"), language)]
    assert xtreme_r - set(layouts) == {"ht", "ja", "zh"}
    without = {code for code in xtreme_r if applies(ATTACKS.get("homoglyph"), kind_of("single"), code)}
    assert without == {"bn", "gu", "hi", "ja", "ka", "ko", "mr", "my", "pa", "ta", "te", "zh"}


@given(st.sampled_from(["segment", "nfd", "diacritics"]), languages, severities, st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_shares_are_within_one_edit_of_the_target(name, language, severity, seed):
    if applies(ATTACKS.get(name), kind_of("single"), language):
        return
    row = single(" ".join(SENTENCES[language]), language)
    after = attack_one(name, row, scene("single", language, severity, seed))
    if after.outcome == "edited":
        assert abs(after.edits - max(1, severity * after.edits / after.rate)) <= 1
    else:
        assert name != "segment"


@given(st.sampled_from([name for name in STATIC if name not in ROW_WISE]), languages)
@settings(max_examples=60, deadline=None)
def test_severity_zero_changes_nothing(name, language):
    row = single(SENTENCES[language][0], language)
    if not applies(ATTACKS.get(name), kind_of("single"), language):
        assert attack_one(name, row, scene("single", language, 0.0)).row == row


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_what_was_put_in_can_be_taken_out_again(language):
    text = " ".join(SENTENCES[language])
    where = scene("single", language, 0.2)
    split = attack_one("segment", single(text, language), where)
    assert split.outcome == "edited" and split.row.first.replace(" ", "") == text.replace(" ", "")
    hidden = attack_one("invisible", single(text, language), where)
    assert hidden.outcome == "edited" and hidden.row.first != text
    assert IGNORABLE.sub("", hidden.row.first) == IGNORABLE.sub("", text)
    apart = attack_one("nfd", single(text, language), scene("single", language, 1.0))
    assert unicodedata.normalize("NFC", apart.row.first) == text
    assert (apart.outcome == "edited") == any(
        unicodedata.normalize("NFD", word) != word for word in regex.findall(r"[\p{L}\p{M}]{3,}", text)
    ) or language in ("ko", "ja")


def test_blanks_go_between_words_and_come_within_them():
    seen = set()
    for seed in range(30):
        after = attack_one("segment", single(SENTENCES["en"][0]), scene("single", "en", 0.02, seed)).row.first
        seen.add(len(after) - len(SENTENCES["en"][0]))
    assert seen == {-1, 1}


def test_a_split_into_two_known_words_is_none():
    words = known_words(["no thing nothing some one"])
    for seed in range(30):
        after = attack_one("segment", single("nothing"), scene("single", seed=seed, words=words)).row.first
        assert after != "no thing"


@given(languages, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_pair_of_words_is_joined_wherever_it_stands(language, seed):
    text = SENTENCES[language][0]
    row = ClassificationRow("1", language, "1", text, text, 1)
    after = attack_one("segment", row, scene("pair", language, 0.2, seed)).row
    assert after.first == after.second != text


def test_ignorables_are_those_that_the_tokenizer_keeps():
    kept = surviving(differ)
    assert {"\u00ad", "\u034f", "\u2060", "\ufe0f"} <= set(kept)
    assert not set("\u202e\u2066\u200e\u200f\u115f\u3164\u180e\u17b4") & set(
        kept
    )  # these turn, fill or belong to a script

    def drops_soft_hyphens(before, after):
        return before.replace("\u00ad", "") != after.replace("\u00ad", "")

    after = attack_one(
        "invisible", single(SENTENCES["en"][0]), scene("single", severity=1.0, survives=drops_soft_hyphens)
    )
    assert after.outcome == "edited" and "\u00ad" not in after.row.first
    blind = attack_one("invisible", single(SENTENCES["en"][0]), scene("single", survives=lambda before, after: False))
    assert blind.outcome == "noop"


@pytest.mark.parametrize("language", ["fa", "ur", "ar", "hi", "ml", "si"])
def test_joiners_stay_out_of_scripts_that_join(language):
    text = " ".join(SENTENCES[language])
    for seed in range(10):
        after = attack_one("invisible", single(text, language), scene("single", language, 1.0, seed)).row.first
        for joiner in "\u200c\u200d":
            assert after.count(joiner) == text.count(joiner)


def test_fast_tokenizer_sees_decomposed_text(hub):
    """XLM-R's fast tokenizer does not compose first, which SentencePiece does (huggingface/tokenizers issue 2116)."""
    transformers = pytest.importorskip("transformers")
    folder = hub / "models/FacebookAI/xlm-roberta-large"
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))

    def survives(before, after):
        first, second = tokenizer([before, after], add_special_tokens=False)["input_ids"]
        return first != second

    for language in ("vi", "yo", "ko"):
        text = " ".join(SENTENCES[language])
        after = attack_one("nfd", single(text, language), scene("single", language, 0.2, survives=survives))
        assert after.outcome == "edited" and survives(text, after.row.first)
    kept = surviving(survives)
    assert kept
    for language in ("en", "hi", "th"):
        text = " ".join(SENTENCES[language])
        after = attack_one("invisible", single(text, language), scene("single", language, 0.1, survives=survives))
        assert after.outcome == "edited" and survives(text, after.row.first)


def test_sentencepiece_itself_sees_no_decomposition(hub):
    """That XLM-R's fast tokenizer does is its defect, so that `nfd` is reported on its own."""
    sentencepiece = pytest.importorskip("sentencepiece")
    model = str(hub / "models/FacebookAI/xlm-roberta-large/sentencepiece.bpe.model")
    encode = sentencepiece.SentencePieceProcessor(model_file=model).encode
    for language in ("vi", "ko", "fr", "ru"):
        text = " ".join(SENTENCES[language])
        after = attack_one("nfd", single(text, language), scene("single", language, 1.0)).row.first
        assert after != text and encode(after) == encode(text)


OWN = [name for name in STATIC if name != "nfd"]


def spelt(text, how):
    """A text as it was published otherwise: composed, decomposed, or word by word in turn."""
    if how != "mixed":
        return unicodedata.normalize(how, text)
    return " ".join(unicodedata.normalize(("NFD", "NFC")[i % 2], word) for i, word in enumerate(text.split(" ")))


@pytest.mark.parametrize("name", OWN)
@given(languages, severities, st.integers(0, 3))
def test_an_attack_changes_its_edits_and_nothing_else_byte_for_byte(name, language, severity, seed):
    """Canonically equal texts are edited alike, each in its own spelling; words that are not edited stay as they were."""
    if applies(ATTACKS.get(name), kind_of("single"), language):
        return
    where = scene("single", language, severity, seed)
    texts = {how: spelt(" ".join(SENTENCES[language]), how) for how in ("NFC", "NFD", "mixed")}
    found = {how: attack_one(name, single(text, language), where) for how, text in texts.items()}
    told = {how: after.row.first for how, after in found.items()}
    assert len({(after.outcome, after.edits, after.rate) for after in found.values()}) == 1
    apart = texts["NFD"] != texts["NFC"]  # else no letter says how the text is spelt
    assert told["NFD"] == (unicodedata.normalize("NFD", told["NFC"]) if apart else told["NFC"])
    assert unicodedata.normalize("NFC", told["mixed"]) == unicodedata.normalize("NFC", told["NFC"])
    words, after = texts["mixed"].split(" "), told["mixed"].split(" ")
    if len(words) == len(after):
        same = [(a, b) for a, b in zip(words, after, strict=True) if spelt(a, "NFC") == spelt(b, "NFC")]
        assert all(a == b for a, b in same)


def test_letters_that_are_decomposed_already_are_no_edit_of_nfd():
    for text, edits in (("été mère", 3), (spelt("été", "NFD") + " mère", 1), (spelt("été mère", "NFD"), 0)):
        found = attack_one("nfd", single(text, "fr"), scene("single", "fr", 1.0))
        assert found.edits == edits and found.row.first == (spelt(text, "NFD") if edits else text)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("Việt", "Viêt"[:2] + "et"),
        ("ọ̀rọ̀", "oro"),
        ("été", "ete"),
        ("Άλφα", "Αλφα"),
        ("العَرَبِيَّة", "العربية"),
        ("أحمد", "احمد"),
        ("בְּרֵאשִׁית", "בראשית"),
        ("đường", "đuong"),
        ("йод", "йод"),
        ("हिन्दी", "हिन्दी"),
        ("ผู้", "ผู้"),
        ("لأ", "لا"),
    ],
)
def test_marks_of_the_listed_scripts_go_and_no_others(marked, plain):
    found = "".join(bare(piece) for piece in regex.findall(r"\X", unicodedata.normalize("NFC", marked)))
    assert found == plain
    removed = collections.Counter(unicodedata.normalize("NFD", marked)) - collections.Counter(
        unicodedata.normalize("NFD", plain)
    )
    assert all(unicodedata.category(char) == "Mn" for char in removed)


def test_stripped_words_stay_stripped_and_share_is_of_marked_words():
    coverage = {}
    for language in ("vi", "yo", "pt", "fr", "ar", "he", "el"):
        text = " ".join(SENTENCES[language])
        once = attack_one("diacritics", single(text, language), scene("single", language, 1.0))
        again = attack_one("diacritics", once.row, scene("single", language, 1.0))
        assert once.rate == 1.0 and (again.outcome, again.row) == ("noop", once.row)
        coverage[language] = once.edits / len(text.split())
    assert coverage["vi"] > 0.5 and coverage["yo"] > 0.5 and 0 < coverage["fr"] < 0.6 and coverage["pt"] > 0


@pytest.mark.parametrize("name", ROW_WISE)
@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_twice_is_once(name, language):
    if applies(ATTACKS.get(name), kind_of("pair"), language):
        return
    row, outcomes = ClassificationRow("1", language, "1", *SENTENCES[language], 0), set()
    for seed in range(8):
        once = attack_one(name, row, scene("pair", language, seed=seed))
        again = attack_one(name, once.row, scene("pair", language, seed=seed))
        assert (again.outcome, again.row) == ("noop", once.row)
        outcomes.add(once.outcome)
    assert "edited" in outcomes or language in ("th", "lo")


def texts_after(name, text, language, kind="single"):
    row = rows_of_every_kind(language)[kind] if kind != "single" else single(text, language)
    return {attack_one(name, row, scene(kind, language, seed=seed)).row.first for seed in range(12)}


def test_case_follows_the_language():
    assert texts_after("case", "İyi bir İl, ılık", "tr") == {"İYİ BİR İL, ILIK", "iyi bir il, ılık"}
    assert texts_after("case", "Ὀδυσσεύς ΝΗΣΟΣ", "el") == {"ὈΔΥΣΣΕΎΣ ΝΗΣΟΣ", "ὀδυσσεύς νησος"[:-1] + "ς"}
    assert texts_after("case", "Straße WWW see www.A.org", "de") == {
        "STRASSE WWW SEE www.A.org",
        "straße www see www.A.org",
    }


@pytest.mark.parametrize(
    ("language", "with_mark", "without"),
    [
        ("en", "It rained.", "It rained"),
        ("hi", "बारिश हुई।", "बारिश हुई"),
        ("zh", "下雨了。", "下雨了"),
        ("ur", "بارش ہوئی۔", "بارش ہوئی"),
        ("my", "မိုးရွာသည်။", "မိုးရွာသည်"),
        ("hy", "Անձրևեց։", "Անձրևեց"),
    ],
)
def test_the_mark_that_ends_a_sentence_goes_or_comes(language, with_mark, without):
    assert texts_after("punct", with_mark, language) == {with_mark, without}
    assert texts_after("punct", without, language) == {with_mark, without}


def test_questions_get_question_marks_and_answers_keep_their_border():
    row = SpanRow("1", "ar", "1", "ذهبت إلى باريس.", "أين ذهبت", (Answer("باريس", 9),))
    seen = {attack_one("punct", row, scene("span", "ar", seed=seed)).row for seed in range(12)}
    assert {r.question for r in seen} == {"أين ذهبت", "أين ذهبت؟"}
    assert {r.context for r in seen} == {"ذهبت إلى باريس."}


def test_choices_are_changed_all_or_none():
    row = ChoiceRow("1", "en", "1", "It rained.", "", ("The road was wet.", "He ran"), 0)
    for seed in range(12):
        assert attack_one("punct", row, scene("choice", seed=seed)).row.choices == row.choices
    both = ChoiceRow("1", "en", "1", "It rained.", "", ("The road was wet.", "He ran."), 0)
    seen = {attack_one("punct", both, scene("choice", seed=seed)).row.choices for seed in range(12)}
    assert seen == {("The road was wet.", "He ran."), ("The road was wet", "He ran")}


@pytest.mark.parametrize("name", ["punct", "distract"])
def test_what_comes_behind_a_cut_is_no_attack(name):
    def given(rows):
        return [Given((tuple(map(ord, row.first[:9])),), max(0, len(row.first) - 9)) for row in rows]

    for text, outcomes in (("It rained on and on", {"noop"}), ("Short", {"edited"})):
        seen = {attack_one(name, single(text), scene("single", seed=n, given=given)).outcome for n in range(12)}
        assert seen >= outcomes and ("edited" in seen) == ("edited" in outcomes)


def test_letters_are_drawn_as_often_as_they_are_written():
    """Pearson's chi-square of 4000 draws against the inventory; 0.999 quantiles for 3 and 4 degrees of freedom."""
    counts = {"a": 50, "e": 30, "i": 15, "o": 5, "t": 100}
    board = Board(single("stuck"), scene("single", inventory=Inventory(counts)))
    for exchange, quantile in ((substitutes, 18.47), (inserts, 18.47)):
        rng = rng_for("draws", 0)
        drawn = collections.Counter()
        for _ in range(4000):
            ((_, rewrite),) = exchange.draw(board, board.units[0], rng)
            if not (exchange is substitutes and rewrite.start == 1):  # there t is the old letter
                drawn.update(rewrite.new)
        total = sum(drawn.values())
        expected = {letter: total * n / 200 for letter, n in counts.items()}
        assert sum((drawn[letter] - n) ** 2 / n for letter, n in expected.items()) < quantile


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_substitutes_are_of_the_same_nature_with_the_same_marks(language):
    for text in SENTENCES[language]:
        board = Board(single(text, language), scene("single", language))
        for unit in board.units:
            word = board.word(unit.spots[0])
            for rewrite in substitutes(word, range(len(word)), board.scene):
                old, (new,) = word[rewrite.start], rewrite.new
                assert nature_of(new.lower()) == nature_of(old.lower()) and tail_of(new) == tail_of(old)


def test_inventories_count_clusters_and_name_the_commonest():
    where = scene("single")
    found = inventory_of_rows([single("Anna sah अनेक"), single("aß")], where.kind, where.task)
    assert found.counts == {"a": 4, "n": 2, "s": 1, "h": 1, "ß": 1, "अ": 1, "ने": 1, "क": 1}
    assert found.commonest[:2] == ("a", "n")


def test_neighbours_touch_on_the_board():
    near = neighbours("en")
    assert near["g"] == {"f": 4.5, "h": 4.5, "t": 0.25, "y": 0.25, "v": 0.25, "b": 0.25}
    assert near["q"] == {"w": 9.0, "a": 1.0} and near["G"] == {key.upper(): n for key, n in near["g"].items()}
    assert set(neighbours("de")["t"]) == {"r", "z", "f", "g"}
    assert set(neighbours("ru")["а"]) == {"в", "п", "к", "е", "с", "м"}
    assert set(neighbours("he")["ש"]) == {"ד", "ז"}


@pytest.mark.parametrize(
    ("cluster", "language", "some"),
    [
        ("é", "fr", set()),  # a key of the digits' row: only è and à of the same kind are near, none beside
        ("कि", "hi", {"पि", "ति"}),
        ("한", "ko", {"핝", "핞", "홴"}),
        ("ế", "vi", {"ấ", "ố"}),
    ],
)
def test_marks_stay_on_the_neighbour(cluster, language, some):
    found = mistyped(cluster, language)
    assert all(tail_of(new) == tail_of(cluster) or len(new) == 1 for new in found)
    if language == "ko":
        assert found and all("가" <= new <= "힣" for new in found)
    elif some:
        assert set(found) & some


@pytest.mark.parametrize("language", [code for code, *_ in table("keyboards.tsv")])
def test_neighbours_are_mutual_and_of_one_nature(language):
    near = neighbours(language)
    assert len(near) >= 20
    for letter, others in near.items():
        for other in others:
            assert letter in near[other] and nature_of(letter) == nature_of(other)


def icu_skeleton():
    """ICU's own UTS 39 skeletons, or skip."""
    for version in range(80, 60, -1):
        name = ctypes.util.find_library(f"icui18n.{version}") or f"libicui18n.so.{version}"
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        opener, skeleton = (
            getattr(library, f"uspoof_open_{version}"),
            getattr(library, f"uspoof_getSkeletonUTF8_{version}"),
        )
        opener.restype = ctypes.c_void_p
        error = ctypes.c_int(0)
        checker = ctypes.c_void_p(opener(ctypes.byref(error)))

        def of(text, checker=checker, skeleton=skeleton):
            code, buffer, raw = ctypes.c_int(0), ctypes.create_string_buffer(4096), text.encode()
            length = skeleton(checker, 0, raw, len(raw), buffer, 4096, ctypes.byref(code))
            assert code.value <= 0
            return buffer.raw[:length].decode()

        return of
    pytest.skip("no ICU library on this machine to ask for skeletons")


def test_look_alikes_have_one_skeleton_by_icu():
    skeleton = icu_skeleton()
    pairs = [(one, other) for one, others in look_alikes().items() for other in others]
    assert len(pairs) > 1200
    assert [pair for pair in pairs if skeleton(pair[0]) != skeleton(pair[1])] == []


def test_disguised_texts_have_the_skeleton_of_the_text():
    skeleton = icu_skeleton()
    checked = 0
    for language, texts in SENTENCES.items():
        if not applies(ATTACKS.get("homoglyph"), kind_of("single"), language):
            for text in texts:
                after = attack_one("homoglyph", single(text, language), scene("single", language, 0.2))
                assert skeleton(after.row.first) == skeleton(text)
                checked += after.edits
    assert checked > 300


@pytest.mark.parametrize("language", ["ar", "ur", "fa", "th", "ml", "ta", "hi", "zh"])
def test_letters_that_icu_has_look_alikes_for_have_some_here(language):
    """All but alef, whose look-alikes (l, I and the like) run the other way. So the rule of the survey and of the table are the same,
    and shares differ by alef (18 % of the letters of Arabic, 13 of Urdu) and by the text that letters are counted in."""
    skeleton = icu_skeleton()
    plain = [chr(i) for i in range(0x10000) if unicodedata.category(chr(i)) in ("Lu", "Ll", "Lt", "Lo")]
    alike = collections.defaultdict(set)
    for letter in plain:
        if unicodedata.normalize("NFKC", letter) == letter:
            alike[skeleton(letter)].add(letter)
    text = unicodedata.normalize("NFD", " ".join(SENTENCES[language]))
    letters = set(regex.findall(rf"[\p{{Lo}}&&\p{{{script_of_language(language)}}}]", text, regex.V1))
    by_icu = {letter for letter in letters if alike[skeleton(letter)] - {letter}}
    assert by_icu - set(look_alikes()) <= {"\u0627"} and set(look_alikes()) & letters <= by_icu
    ways = {unicodedata.bidirectional(other) for other in alike[skeleton("\u0627")] - {"\u0627"}}
    assert ways and unicodedata.bidirectional("\u0627") not in ways


def test_the_share_of_letters_with_a_look_alike_is_near_that_of_a_survey(hub):
    """A survey of MultiCheckList with ICU 72 found 35 % in Arabic, 71 in Urdu, 31 in Thai, 95 in Greek, 75 to 97 in Latin
    and Cyrillic, 2 in Chinese and 0 in Hindi. Measured here, over running letters of XNLI in the language's own script: by ICU 72
    and the survey's rule 44 % in Arabic, 60 in Urdu, 38 in Thai, 96 in Greek; by this table 26, 47, 38 and 93. The table has all
    that ICU has but alef (the test above) and a few Greek, Cyrillic and Latin letters of newer Unicode versions."""
    from pyarrow import parquet

    bands = {
        "ar": (0.2, 0.4),
        "ur": (0.4, 0.7),
        "th": (0.25, 0.45),
        "el": (0.85, 1.0),
        "bg": (0.8, 1.0),
        "ru": (0.8, 1.0),
    }
    for language, (least, most) in {
        **bands,
        "en": (0.8, 1.0),
        "vi": (0.8, 1.0),
        "zh": (0.0, 0.03),
        "hi": (0.0, 0.0),
    }.items():
        files = sorted((hub / "datasets/facebook/xnli").rglob(f"{language}/validation*.parquet"))
        if not files:
            pytest.skip(f"no XNLI rows in {language}")
        text = unicodedata.normalize("NFD", " ".join(parquet.read_table(files[0]).column("premise").to_pylist()[:300]))
        letters = regex.findall(rf"[\p{{L}}&&\p{{{script_of_language(language)}}}]", text, regex.V1)
        share = sum(letter in look_alikes() for letter in letters) / len(letters)
        assert least <= share <= most, (language, share)


def test_look_alikes_are_mutual_and_survive_normalisation():
    for letter, others in look_alikes().items():
        for other in others:
            assert letter in look_alikes()[other]
            assert unicodedata.normalize("NFKC", other) == other
            assert unicodedata.bidirectional(letter) == unicodedata.bidirectional(other)


def test_codes():
    assert (long_code("de"), long_code("xx"), script_of_language("hi"), script_of_language("qad")) == (
        "deu", "xx", "Devanagari", "",
    )  # fmt: skip


def test_the_table_of_look_alikes_is_built_from_columns_of_codes(tmp_path):
    lines = [
        "# comment",
        "0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t#",
        "FF41 ;\t0061 ;\tMA\t# full-width: normalisation undoes it",
        "00E5 ;\t0061 030A ;\tMA\t# decomposes before any table is asked",
        "06C1 ;\t0061 ;\tMA\t# runs the other way",
        "0645 ;\t200E 0645 ;\tMA\t# a target that is no single letter",
    ]
    file = tmp_path / "confusables.txt"
    file.write_text("\n".join(lines), "utf-8-sig")
    assert list(build.look_alikes(file)) == ["a\tа", "а\ta"]
