"""Cached encodings are `kind.encode`'s own, found by content, never believed when damaged, and the same for any number of workers."""

import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptstilts import places
from adaptstilts.data.encoding import cache
from adaptstilts.data.encoding.cache import Encoded, encoded, encoding_key
from adaptstilts.data.encoding.columns import columns_of
from adaptstilts.data.encoding.kept import prune
from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.data.encoding.workers import TaskFacts
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import EnvironmentProblem, InputError
from adaptstilts.kinds import KINDS, kind_of
from adaptstilts.kinds.kind import Encoding, Limits
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow
from adaptstilts.tasks import TASKS
from adaptstilts.threads import threads

LIMITS = Limits(max_length=24, stride=6)
TEXT = "the black cat sat on the mat and the dog did not like it . кошка сидела 北京是中国的首都 a\u0301 \U0001f408 "
ROWS = {
    "single": [ClassificationRow(str(i), "en", "s", TEXT[i:] * (i % 3 + 1), None, i % 3) for i in range(7)],
    "pair": [ClassificationRow(str(i), "en", "s", TEXT[: i % 3 + 9], TEXT[i:], i % 3) for i in range(9)],
    "choice": [
        ChoiceRow(str(i), "en", "s", TEXT, "who ?", ("mat", "dog", "book")[: 2 + i % 2], i % 2) for i in range(4)
    ],
    "span": [
        SpanRow("0", "en", "s", TEXT * 3, "who sat ?", (Answer("black cat", 4), Answer("cat", 10))),
        SpanRow("1", "en", "s", TEXT, "what is it ?", (Answer("mat", 25),)),
        SpanRow("2", "en", "s", TEXT * 3, "and why ?", ()),
        SpanRow("3", "zh", "s", TEXT, "where ?", (Answer("北京", TEXT.index("北")),)),
    ],
    "tagging": [
        TaggingRow("0", "en", "s", tuple((TEXT * 2).split()), tuple(i % 3 for i in range(len((TEXT * 2).split())))),
        TaggingRow("1", "en", "s", ("nobody", "\u200d"), (0, 2)),
    ],
    "retrieval": [RetrievalRow(str(i), "sw", "s", "" if i == 2 else f"the cat {i}", TEXT[i:]) for i in range(4)],
}
GOLDEN = {
    "single": (1, "91bae499d6af1f8f"),
    "pair": (1, "5421707cfadca105"),
    "choice": (1, "ed6551e19fa33fd0"),
    "span": (1, "55bb05597ef658e8"),
    "tagging": (1, "a55ddca64dbe1072"),
    "retrieval": (1, "1af81b8ba4eb86a7"),
}
"""Encoding version and digest of the encodings of ROWS under the pocket encoder's tokenizer."""


def facts(name, **options):
    metric = {"span": "squad_f1", "tagging": "chunk_f1", "retrieval": "retrieval_accuracy"}.get(name, "accuracy")
    return TaskFacts("task", ("O", "B-PER", "I-PER"), metric, options)


def fast(file):
    from transformers import PreTrainedTokenizerFast

    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_file=str(file), **names)


@pytest.fixture(scope="module")
def tokenizer():
    return fast(places.encoder() / "tokenizer.json")


@pytest.fixture(scope="module")
def xlm_r(hub):
    return fast(hub / "models" / "FacebookAI" / "xlm-roberta-large" / "tokenizer.json")


class Counting:
    """A kind that counts the rows it encodes, and fails after `most` of them."""

    def __init__(self, kind, most=None):
        self.kind, self.name, self.shape, self.most, self.rows = kind, kind.name, kind.shape, most, 0

    def encode(self, rows, *more):
        if self.most is not None and self.rows >= self.most:
            raise KeyboardInterrupt
        self.rows += len(rows)
        return self.kind.encode(rows, *more)


class Watching:
    def __init__(self):
        self.seen = []

    def start(self, total, what):
        self.seen.append((total, what))

    def advance(self, n=1, note=""):
        self.seen.append(n)

    def stop(self):
        self.seen.append("stop")


def files(folder):
    return sorted(path.name for path in folder.glob("*.arrow"))


def same(found, wanted):
    """Equal, and of the very same types: `repr` tells 1 from np.int32(1), and a tuple from a list."""
    assert list(found) == wanted
    assert repr(list(found)) == repr(wanted)
    assert found.lengths.tolist() == [len(e.ids) for e in wanted]
    assert found.rows.tolist() == [e.row for e in wanted]
    assert found.truncated.tolist() == [e.truncated for e in wanted]
    return True


def check(rows, task, kind, tokenizer, limits, folder):
    """Encoded, kept and read back: what the kind itself makes of the rows with the tokenizer as it is."""
    wanted = kind.encode(rows, task, tokenizer, limits)
    assert same(encoded(rows, task, kind, tokenizer, limits, folder=None), wanted)
    assert same(encoded(rows, task, kind, tokenizer, limits, folder=folder), wanted)
    counting = Counting(kind)
    assert same(encoded(rows, task, counting, tokenizer, limits, folder=folder), wanted)
    assert counting.rows == 0


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=12)
TEXTS = st.lists(st.one_of(st.sampled_from(TEXT.split()), WORDS), min_size=1, max_size=40).map(" ".join)


@st.composite
def spans(draw, place):
    context = draw(TEXTS)
    start = draw(st.integers(0, len(context) - 1))
    answers = (Answer(context[start : start + draw(st.integers(1, 9))], start),) if draw(st.booleans()) else ()
    return SpanRow(place, "en", "s", context, draw(TEXTS), answers)


@st.composite
def tagged(draw, place):
    words = draw(st.lists(WORDS, min_size=1, max_size=30))
    return TaggingRow(place, "en", "s", tuple(words), tuple(draw(st.integers(0, 2)) for _ in words))


LABELS = st.integers(0, 2)
MADE = {
    "single": st.builds(ClassificationRow, st.just("0"), st.just("en"), st.just("s"), TEXTS, st.none(), LABELS),
    "pair": st.builds(ClassificationRow, st.just("0"), st.just("en"), st.just("s"), TEXTS, TEXTS, LABELS),
    "choice": st.builds(
        ChoiceRow,
        st.just("0"),
        st.just("en"),
        st.just("s"),
        TEXTS,
        st.one_of(st.just(""), TEXTS),
        st.lists(TEXTS, min_size=2, max_size=5).map(tuple),
        st.integers(0, 1),
    ),
    "span": spans("0"),
    "tagging": tagged("0"),
    "retrieval": st.builds(
        RetrievalRow, st.just("0"), st.just("sw"), st.just("s"), st.one_of(st.just(""), TEXTS), TEXTS
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_any_rows_come_back_exactly(name, tokenizer, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 3)  # several chunks, put in another order where texts repeat

    @settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.lists(MADE[name], max_size=8), st.integers(14, 40), st.integers(0, 10))
    def law(rows, most, stride):
        folder = tmp_path_factory.mktemp("cache")
        check(rows, facts(name), kind_of(name), tokenizer, Limits(most, stride), folder)

    law()


@pytest.mark.parametrize("task", ["mnli", "hellaswag", "squad2", "udpos", "tatoeba"])
def test_pocket_rows_come_back_exactly(task, tokenizer, tmp_path):
    lab = source_of("pocket")
    found = facts_for(TASKS.get(task), lab)
    split = "test" if found.kind == "retrieval" else "train"
    rows = load(found, split, found.languages[-1] if split == "test" else "en", lab, 60).rows
    check(rows, found, kind_of(found.kind), tokenizer, LIMITS, tmp_path)


@pytest.mark.parametrize("task", ["mnli", "hellaswag", "squad", "panx", "tatoeba"])
def test_real_rows_come_back_exactly(task, hub, xlm_r, tmp_path):
    data = source_of(str(hub))
    found = facts_for(TASKS.get(task), data)
    split = "test" if found.role == "target" else "train"
    rows = load(found, split, next((c for c in found.languages if c != "en"), "en"), data, 40).rows
    check(rows, found, kind_of(found.kind), xlm_r, Limits(64, 16), tmp_path)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_that_encodes_otherwise_has_another_version(name, tokenizer):
    """Should this fail on purpose, raise the version of the kind's shape: kept encodings are then made again."""
    made = kind_of(name).encode(ROWS[name], facts(name), tokenizer, LIMITS)
    kept = repr(made).replace(", language=''", "")  # what an encoder of many languages is told is not kept
    assert (kind_of(name).shape.version, hashlib.sha256(kept.encode()).hexdigest()[:16]) == GOLDEN[name]


def test_every_kind_has_a_shape():
    fields = [field.name for field in dataclasses.fields(Encoding) if field.name != "language"]
    assert {kind.name for kind in KINDS.values() if columns_of(kind.shape).schema.names == fields} == set(KINDS)


def test_a_head_to_train_gives_retrieval_targets(tokenizer, tmp_path):
    kind, task = kind_of("retrieval"), facts("retrieval", trained=True)
    check(ROWS["retrieval"], task, kind, tokenizer, LIMITS, tmp_path)
    assert {e.target for e in encoded(ROWS["retrieval"], task, kind, tokenizer, LIMITS, folder=None)} == {0, 1}


@pytest.mark.parametrize("name", KINDS)
def test_every_field_of_a_row_counts(name, tokenizer):
    def key(rows):
        return encoding_key(rows, facts(name), kind_of(name), tokenizer, LIMITS)

    rows = ROWS[name]
    assert key(rows) == key([dataclasses.replace(row) for row in rows]) == key(tuple(rows))
    keys = {key(rows), key(rows[:-1]), key(rows[::-1])}
    for field in dataclasses.fields(rows[0]):
        value = getattr(rows[0], field.name)
        other = ("x", *value[1:]) if isinstance(value, tuple) else 2 if isinstance(value, int) else f"{value or ''}x"
        keys.add(key([dataclasses.replace(rows[0], **{field.name: other}), *rows[1:]]))
    assert len(keys) == 3 + len(dataclasses.fields(rows[0]))


def test_all_that_decides_encodings_is_in_the_key(tokenizer):
    from tokenizers import normalizers

    rows, task = ROWS["pair"], facts("pair")
    lower, longer = fast(places.encoder() / "tokenizer.json"), fast(places.encoder() / "tokenizer.json")
    lower.backend_tokenizer.normalizer = normalizers.Lowercase()
    keys = [
        encoding_key(rows, task, kind_of("pair"), tokenizer, LIMITS),
        encoding_key(rows, task, kind_of("single"), tokenizer, LIMITS),
        encoding_key(rows, task, kind_of("pair"), lower, LIMITS),
        encoding_key(rows, task, kind_of("pair"), tokenizer, Limits(23, 6)),
        encoding_key(rows, task, kind_of("pair"), tokenizer, Limits(24, 5)),
        encoding_key(rows, facts("pair", merge=((0,), (1, 2))), kind_of("pair"), tokenizer, LIMITS),
        encoding_key(rows, dataclasses.replace(task, labels=("a", "b")), kind_of("pair"), tokenizer, LIMITS),
    ]
    assert encoding_key(rows, task, kind_of("pair"), longer, LIMITS) == keys[0]
    longer.add_tokens(["кошка"])
    keys.append(encoding_key(rows, task, kind_of("pair"), longer, LIMITS))
    assert len(set(keys)) == len(keys)
    renamed = dataclasses.replace(task, name="another task of the same rows")
    assert encoding_key(rows, renamed, kind_of("pair"), tokenizer, LIMITS) == keys[0]


def test_a_second_run_encodes_nothing(tokenizer, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        BareTokenizer,
        "__call__",
        lambda self, texts, *more, _call=BareTokenizer.__call__, **named: (
            asked.append(len(texts)) or _call(self, texts, *more, **named)
        ),
    )
    first = encoded(ROWS["span"], facts("span"), kind_of("span"), tokenizer, LIMITS, folder=tmp_path)
    assert asked
    asked.clear()
    watching = Watching()
    again = encoded(ROWS["span"], facts("span"), kind_of("span"), tokenizer, LIMITS, folder=tmp_path, progress=watching)
    assert (asked, watching.seen) == ([], [])
    assert again.key == first.key and list(again) == list(first)
    assert len(files(tmp_path)) == 1 and len(list(tmp_path.iterdir())) == 1


def test_it_is_a_sequence(tokenizer):
    wanted = kind_of("span").encode(ROWS["span"], facts("span"), tokenizer, LIMITS)
    found = encoded(ROWS["span"], facts("span"), kind_of("span"), tokenizer, LIMITS, folder=None)
    assert isinstance(found, Encoded) and len(found) == len(wanted) > len(ROWS["span"])
    assert found[-1] == wanted[-1] and found[1:5:2] == wanted[1:5:2] and found[::-1] == wanted[::-1]
    assert wanted[2] in found and found.index(wanted[3]) == 3
    with pytest.raises(IndexError):
        found[len(wanted)]
    assert found[0].notes.context is found[1].notes.context, "windows of one context share it, as they did"


def test_a_repeated_text_is_tokenised_once_though_its_rows_lie_apart(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 10)
    rows = [ClassificationRow(str(i), "en", "s", f"premise {i % 10}", f"other {i}", 0) for i in range(100)]
    texts = []
    monkeypatch.setattr(
        BareTokenizer,
        "__call__",
        lambda self, part, *more, _call=BareTokenizer.__call__, **named: (
            texts.extend(part) or _call(self, part, *more, **named)
        ),
    )
    check(rows, facts("pair"), kind_of("pair"), BareWrapped(tokenizer), LIMITS, tmp_path)
    assert texts.count("premise 3") == 2, "once without the cache, once for it"


class BareWrapped:
    """A tokenizer whose own calls are not counted."""

    def __init__(self, wrapped):
        self.wrapped = wrapped

    def __getattr__(self, name):
        return getattr(self.wrapped, name)

    def __call__(self, *texts, **named):
        return self.wrapped(*texts, **named)

    def __len__(self):
        return len(self.wrapped)


def test_settings_left_in_a_tokenizer_change_nothing(tmp_path):
    clean, used = (fast(places.encoder() / "tokenizer.json") for _ in range(2))
    used(["a b c d e f g"], truncation=True, max_length=3, padding="max_length")
    assert used.backend_tokenizer.truncation and used.backend_tokenizer.padding
    keys = [encoding_key(ROWS["pair"], facts("pair"), kind_of("pair"), each, LIMITS) for each in (clean, used)]
    assert keys[0] == keys[1]
    used(["a b c d e f g"], truncation=True, max_length=3, padding="max_length")
    check(ROWS["pair"], facts("pair"), kind_of("pair"), used, LIMITS, tmp_path)


def test_a_slow_tokenizer_is_refused(tmp_path):
    with pytest.raises(InputError, match="fast tokenizer"):
        encoded(ROWS["pair"], facts("pair"), kind_of("pair"), object(), LIMITS, folder=tmp_path)


def test_workers_make_the_same_bytes(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 2)
    one, two, watching = tmp_path / "one", tmp_path / "two", Watching()
    rows = ROWS["span"] * 3
    first = encoded(rows, facts("span"), kind_of("span"), tokenizer, LIMITS, folder=one, workers=1)
    second = encoded(rows, facts("span"), kind_of("span"), tokenizer, LIMITS, folder=two, workers=2, progress=watching)
    assert list(first) == list(second) == kind_of("span").encode(rows, facts("span"), tokenizer, LIMITS)
    assert files(one) == files(two) and (one / files(one)[0]).read_bytes() == (two / files(two)[0]).read_bytes()
    assert watching.seen == [(12, "encoding"), *[2] * 6, "stop"]


class Ends:
    """Ends whatever process it is sent to."""

    name, shape = "pair", kind_of("pair").shape

    def __reduce__(self):
        return os._exit, (3,)


def test_a_killed_worker_is_an_error_and_leaves_nothing(tokenizer, tmp_path):
    with pytest.raises(EnvironmentProblem, match="killed"):
        encoded(ROWS["pair"], facts("pair"), Ends(), tokenizer, LIMITS, folder=tmp_path, workers=2)
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_in_a_worker_is_refused_as_here(tokenizer, tmp_path):
    """The same error with all its parts, and no file."""
    narrow, told = Limits(max_length=4, stride=1), []
    for workers in (1, 2):
        with pytest.raises(InputError) as caught:
            encoded(ROWS["pair"], facts("pair"), kind_of("pair"), tokenizer, narrow, folder=tmp_path, workers=workers)
        told.append((type(caught.value), str(caught.value), caught.value.what, caught.value.where, caught.value.do))
    assert told[0] == told[1] and told[0][2]
    assert list(tmp_path.iterdir()) == []


APART = unicodedata.normalize("NFD", "được nghỉ học 한국어 தொடங்க é")


@pytest.mark.parametrize("published", [False, True])
def test_workers_read_characters_as_this_process_does(published, xlm_r, tmp_path, monkeypatch):
    """Composed as SentencePiece does, or left to the fast tokenizer: what XLM-R's file says of it goes along."""
    monkeypatch.setattr(cache, "CHUNK", 2)
    tokens = BareTokenizer.of(xlm_r, published=published)
    rows = [ClassificationRow(str(i), "vi", "s", APART[i:], APART, 0) for i in range(5)]
    composed = [dataclasses.replace(row, first=nfc(row.first), second=nfc(row.second)) for row in rows]
    beside = encoded(rows, facts("pair"), kind_of("pair"), tokens, LIMITS, folder=tmp_path, workers=2)
    apart, whole = (kind_of("pair").encode(each, facts("pair"), tokens, LIMITS) for each in (rows, composed))
    assert list(beside) == apart and ([e.ids for e in apart] == [e.ids for e in whole]) != published


def nfc(text):
    return unicodedata.normalize("NFC", text)


def test_threads_follow_the_environment(monkeypatch):
    monkeypatch.setenv("ADAPTSTILTS_THREADS", "3")
    assert threads() == 3
    monkeypatch.setenv("ADAPTSTILTS_THREADS", "many")
    assert threads() >= 1


@pytest.mark.parametrize(("allowed", "wanted"), [("1", "false"), ("2", None)])
def test_one_thread_is_one_thread(allowed, wanted, tokenizer, monkeypatch):
    monkeypatch.setenv("ADAPTSTILTS_THREADS", allowed)
    monkeypatch.delenv("TOKENIZERS_PARALLELISM")
    seen = []

    class Looking(Counting):
        def encode(self, *more):
            seen.append(os.environ.get("TOKENIZERS_PARALLELISM"))
            return super().encode(*more)

    encoded(ROWS["pair"], facts("pair"), Looking(kind_of("pair")), tokenizer, LIMITS, folder=None)
    assert seen == [wanted]
    assert "TOKENIZERS_PARALLELISM" not in os.environ


@pytest.fixture
def kept(tokenizer, tmp_path, caplog):
    """A kept file of spans, and a function that asks for it again."""
    wanted = kind_of("span").encode(ROWS["span"], facts("span"), tokenizer, LIMITS)

    def again():
        counting = Counting(kind_of("span"))
        caplog.clear()
        found = encoded(ROWS["span"], facts("span"), counting, tokenizer, LIMITS, folder=tmp_path)
        assert list(found) == wanted
        return counting.rows, caplog.messages

    assert again() == (4, [])
    (name,) = files(tmp_path)
    return tmp_path / name, again


def test_a_damaged_file_is_made_again(kept):
    path, again = kept
    whole = path.read_bytes()

    @settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(0, len(whole) - 1), st.integers(1, 255), st.booleans())
    def law(place, change, cut):
        damaged = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
        path.write_bytes(damaged)
        rows, (told,) = again()
        assert rows == 4 and "damaged" in told and path.name in told
        assert path.read_bytes() == whole
        assert again() == (0, [])

    law()


def test_a_file_with_the_right_digest_that_is_no_arrow_is_made_again(kept):
    path, again = kept
    key, junk = path.stem.partition("-")[0], b"not an arrow file"
    path.unlink()
    wrong = path.with_name(f"{key}-{hashlib.blake2b(junk, digest_size=16).hexdigest()}.arrow")
    wrong.write_bytes(junk)
    assert again()[0] == 4
    assert files(path.parent) == [path.name]


def test_the_cache_may_go_at_any_time(tokenizer, kept):
    path, again = kept
    found = encoded(ROWS["span"], facts("span"), kind_of("span"), tokenizer, LIMITS, folder=path.parent)
    path.unlink()
    assert list(found) == kind_of("span").encode(ROWS["span"], facts("span"), tokenizer, LIMITS)
    assert again() == (4, [])


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tokenizer, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    found = encoded(ROWS["pair"], facts("pair"), kind_of("pair"), tokenizer, LIMITS, folder=tmp_path / "file" / "x")
    assert len(found) == len(ROWS["pair"]) and "cannot be kept" in caplog.messages[0]


def test_an_interrupted_encoder_leaves_nothing(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 2)
    watching = Watching()
    with pytest.raises(KeyboardInterrupt):
        encoded(
            ROWS["pair"], facts("pair"), Counting(kind_of("pair"), 4), tokenizer, LIMITS, folder=tmp_path,
            progress=watching,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == [] and watching.seen[-1] == "stop"


KILLED = """
import os, signal, sys
from pathlib import Path
from adaptstilts import places
from adaptstilts.data.encoding import cache
from adaptstilts.data.encoding.workers import TaskFacts
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.rows import ClassificationRow
from tokenizers import Tokenizer

class Wrapper:
    special_tokens_map = {"cls_token": "<s>", "sep_token": "</s>"}
    backend_tokenizer = Tokenizer.from_file(str(places.encoder() / "tokenizer.json"))
    def __len__(self):
        return self.backend_tokenizer.get_vocab_size()

class Dying:
    name, shape, left = "pair", kind_of("pair").shape, 2
    def encode(self, *more):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return kind_of("pair").encode(*more)

cache.CHUNK = 100
rows = [ClassificationRow(str(i), "en", "s", f"text {i}", "other", 0) for i in range(1000)]
facts = TaskFacts("task", ("a",), "accuracy", {})
kind = Dying() if sys.argv[2] == "die" else kind_of("pair")
print(len(cache.encoded(rows, facts, kind, Wrapper(), Limits(24, 6), folder=Path(sys.argv[1]))))
"""


def test_a_killed_encoder_leaves_nothing_that_looks_finished(tmp_path):
    def run(how):
        return subprocess.run([sys.executable, "-c", KILLED, tmp_path, how], capture_output=True, text=True)

    assert run("die").returncode == -signal.SIGKILL
    assert files(tmp_path) == [] and len(list(tmp_path.iterdir())) == 3, "a lock, who held it, and a file beside"
    assert run("live").stdout == "1000\n"
    old = time.time() - 2 * 86_400
    for path in tmp_path.glob(".*"):
        os.utime(path, (old, old))
    prune(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == files(tmp_path) != []


def test_two_at_once_encode_once(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 2)
    began, counting, found = threading.Event(), Counting(kind_of("pair")), []

    class Slow(Counting):
        def encode(self, *more):
            began.set()
            return counting.encode(*more)

    def run():
        found.append(encoded(ROWS["pair"], facts("pair"), Slow(kind_of("pair")), tokenizer, LIMITS, folder=tmp_path))

    both = [threading.Thread(target=run) for _ in range(2)]
    both[0].start()
    assert began.wait(60)
    both[1].start()
    for thread in both:
        thread.join()
    assert counting.rows == len(ROWS["pair"])
    assert list(found[0]) == list(found[1]) and len(files(tmp_path)) == 1


def test_pruning_keeps_what_was_used_last(tokenizer, tmp_path):
    for i in range(4):
        encoded(ROWS["pair"][i:], facts("pair"), kind_of("pair"), tokenizer, LIMITS, folder=tmp_path)
        for path in tmp_path.glob("*.arrow"):
            os.utime(path, (path.stat().st_mtime - 100,) * 2)
    by_use = sorted(tmp_path.glob("*.arrow"), key=lambda path: path.stat().st_mtime)
    encoded(ROWS["pair"], facts("pair"), kind_of("pair"), tokenizer, LIMITS, folder=tmp_path)  # the oldest, used again
    sizes = {path: path.stat().st_size for path in by_use}
    assert prune(tmp_path, sizes[by_use[0]] + sizes[by_use[3]]) == sizes[by_use[1]] + sizes[by_use[2]]
    assert files(tmp_path) == sorted([by_use[0].name, by_use[3].name])
    assert prune(tmp_path, 0, keep=by_use[3].name[:32]) == sizes[by_use[0]]
    assert files(tmp_path) == [by_use[3].name]


@pytest.mark.parametrize(
    ("name", "change"),
    [("pair", {"target": True}), ("span", {"target": [0, 0]}), ("tagging", {"notes": None}), ("pair", {"notes": "x"})],
)
def test_what_would_come_back_otherwise_is_refused(name, change, tokenizer, tmp_path):
    class Odd(Counting):
        def encode(self, *more):
            return [dataclasses.replace(each, **change) for each in super().encode(*more)]

    with pytest.raises(TypeError):
        encoded(ROWS[name], facts(name), Odd(kind_of(name)), tokenizer, LIMITS, folder=tmp_path)
    assert files(tmp_path) == []
