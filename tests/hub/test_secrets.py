"""A token planted in the environment, and one that a server says back, are in no file and in nothing that is printed."""

import os
import subprocess
import sys

import pytest

from adaptstilts.errors import EnvironmentProblem, redact
from adaptstilts.store.store import Store
from tests.hub.running import tree
from tests.loopback import LoopbackHub

PLANTED = "hf_" + "PlantedSecret" * 3
OTHER = "opaque-secret-of-no-known-shape"


@pytest.fixture(scope="module")
def hub():
    with LoopbackHub() as made:
        made.desk.tokens = {PLANTED: frozenset({"me"}), OTHER: frozenset()}
        yield made


def run(hub, home, *words, token=PLANTED):
    """A verb in a process of its own, as a user would call it; everything it printed, and its exit code."""
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(home / "huggingface"), "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": token, "HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug", "OMP_NUM_THREADS": "1", "HOME": str(home),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "adaptstilts", *words], cwd=home, env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr, done.returncode


FLOWS = [
    ("publish", ("publish", "pocket-mnli", "me/mnli"), None, PLANTED, 0),
    ("pull", ("pull", "me/mnli"), None, PLANTED, 0),
    ("fuse", ("fuse", "--tasks", "hub:me/mnli,hub:me/none", "--target", "pawsx"), None, PLANTED, 2),
    ("publish where one may not", ("publish", "pocket-mnli", "others/x"), None, PLANTED, 3),
    ("publish with a token that may only read", ("publish", "pocket-mnli", "me/y"), None, OTHER, 3),
    ("an answer that says the token back", ("publish", "pocket-mnli", "me/z"), (400, "commit"), PLANTED, 2),
    ("a reading that says it back", ("pull", "me/mnli@v9"), (400, "revision"), OTHER, 3),
]


@pytest.mark.parametrize(("words", "fault", "token", "code"), [f[1:] for f in FLOWS], ids=[f[0] for f in FLOWS])
def test_no_token_is_printed_or_written(hub, tmp_path_factory, words, fault, token, code):
    hub.reset()
    home = tmp_path_factory.getbasetemp() / "secrets"
    if fault:
        status, where = fault
        text = f"Authorization: Bearer {token} is bad; see https://me:{token}@hub/x?token={token}&X-Amz-Signature=abc"
        hub.fault(f"/api/*/{where}/*", status=status, times=9, text=text)
    said, left = run(hub, home, *words, token=token)
    assert left == code, said
    assert any(seen.request.token == token for seen in hub.seen), "the token was used"
    secrets = [PLANTED, OTHER, PLANTED[3:], "X-Amz-Signature=abc"]
    assert not [secret for secret in secrets if secret in said]
    for path, content in tree(home).items():
        data = content if isinstance(content, bytes) else content.encode()
        assert not [secret for secret in secrets if secret.encode() in data], path
    sent = [seen.request.body for seen in hub.seen if seen.request.method in ("POST", "PUT")]
    assert not [body for body in sent if any(secret.encode() in body for secret in secrets)], "nor is it uploaded"


def test_errors_and_notes_of_failed_steps_hold_no_token(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN", OTHER)
    text = f"GET https://x:{OTHER}@h/y failed: {{'Authorization': 'Bearer {PLANTED}'}}; also hf_{'a' * 34}"
    for clean in (redact(text), str(EnvironmentProblem(text, where=text, do=text))):
        assert OTHER not in clean and PLANTED not in clean and "a" * 34 not in clean
    store = Store(tmp_path)
    store.folder("0" * 16).mkdir(parents=True)
    store.fail("0" * 16, text)
    kept = (store.folder("0" * 16) / "error.txt").read_text()
    assert "GET https://" in kept and OTHER not in kept and PLANTED not in kept


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("HF_ENDPOINT https://opaque-key@hub.example/api", "opaque-key"),
        ("https://me:pass@hub.example", "pass"),
        ("token hf_oauth_" + "a.B-1" * 9, "a.B-1"),
        ("token hf_jwt_eyJ" + "a.B_1" * 9, "a.B_1"),
    ],
)
def test_tokens_of_other_shapes_are_taken_out(text, secret):
    assert secret not in redact(text) and "<token>" in redact(text)


def test_the_trace_of_a_bug_holds_no_token(hub, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(f"raise ZeroDivisionError('https://me:{PLANTED}@h/x?token={OTHER}')\n")
    start = (
        f"import sys; sys.argv[1:] = ['list', 'tasks']; from adaptstilts.cli import main, list_verb; "
        f"list_verb.command.callback = lambda **_: exec(open({str(broken)!r}).read()); main.main()"
    )
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr and "report it" in done.stderr
    assert PLANTED not in done.stderr and OTHER not in done.stderr


@pytest.mark.parametrize("text", ["hf_hub_download failed", "x_hf_y", "https://h/a?b=c", "a: b@c.d", "token=5"])
def test_other_text_stays_as_it_is(text):
    assert redact(text) == text
