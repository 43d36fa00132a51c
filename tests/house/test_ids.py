"""Identity: the same in every process, blind to order of keys, refusing what has no one spelling."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptstilts import ids
from adaptstilts.errors import InputError, UnknownName

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_key_order_does_not_matter(value):
    assert ids.digest(dict(reversed(list(value.items())))) == ids.digest(value)


def test_digest_is_pinned():
    # from coreutils: printf '{"a":1,"b":[2,3]}' | b2sum -l 64
    assert ids.canonical({"b": (2, 3), "a": 1}) == '{"a":1,"b":[2,3]}'
    assert ids.digest({"b": (2, 3), "a": 1}) == "c4b98fc4bec47c2b"


def test_what_has_no_spelling_is_refused():
    with pytest.raises(TypeError, match="canonical"):
        ids.canonical({"x": object()})
    with pytest.raises(ValueError):
        ids.canonical(float("nan"))


def test_random_numbers_do_not_depend_on_the_process():
    code = "from adaptstilts.ids import rng_for; print(rng_for('swap', 1, 'de', 'row-7').random())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] == f"{ids.rng_for('swap', 1, 'de', 'row-7').random()}\n"


def test_parts_do_not_run_together():
    assert ids.rng_for("ab", "c").random() != ids.rng_for("a", "bc").random()


def test_files_digest_sees_names_and_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    first = ids.files_digest(list(tmp_path.iterdir()))
    assert first == ids.files_digest(sorted(tmp_path.iterdir(), reverse=True))
    (tmp_path / "b").write_bytes(b"3")
    assert ids.files_digest(list(tmp_path.iterdir())) != first


def test_a_key_is_named_by_its_first_letters_or_as_a_folder():
    keys = ["abcd0123", "abcd0456", "ffff0000"]
    assert ids.key_named("ffff", keys, "run") == ids.key_named("runs/steps/ffff0000/", keys, "run") == "ffff0000"
    with pytest.raises(InputError, match=r"2 runs begin with 'abcd'\n  They are abcd0123, abcd0456"):
        ids.key_named("abcd", keys, "finished run")
    with pytest.raises(UnknownName, match="there is no run called 'fff'; did you mean ffff0000"):
        ids.key_named("fff", keys, "run", known=["ffff0000"])
    with pytest.raises(UnknownName, match="known: none"):
        ids.key_named("eeee", keys, "run", known=())
    with pytest.raises(UnknownName):
        ids.key_named("ffff", keys, "run", least=6)
