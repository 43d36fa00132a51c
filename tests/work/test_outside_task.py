"""A task of one's own: a declaration from outside the package, rows in local files, the sixth kind, from end to end."""

import json
import os
import subprocess
import sys

DECLARATION = '''"""Topics of headlines."""

from adaptstilts.tasks import Task

task = Task(
    name="topics", kind="single", role="target", summary="the topic of a headline", metric="accuracy",
    labels=("sport", "weather"), languages=("en", "de"), columns={}, family=("topics",), licence="none", citation="this test",
    obtain="Put your files into topics/<language>/.",
)
'''
LINES = {
    "en": (
        ["the team won the match", "a late goal decided the final"],
        ["rain is coming tonight", "snow fell over the hills"],
    ),
    "de": (
        ["die mannschaft gewann das spiel", "ein tor entschied das finale"],
        ["heute nacht kommt regen", "schnee fiel auf die berge"],
    ),
}


def write(folder, language, split, copies):
    place = folder / "topics" / language
    place.mkdir(parents=True, exist_ok=True)
    lines = [
        {"text": text, "label": label}
        for _ in range(copies)
        for label, texts in enumerate(LINES[language])
        for text in texts
    ]
    (place / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def call(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "adaptstilts", "--include", "topics.py", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "ADAPTSTILTS_THREADS": "1"},
        timeout=200,
    )


def test_a_task_of_ones_own_runs(tmp_path):
    (tmp_path / "topics.py").write_text(DECLARATION)
    for language in LINES:
        write(tmp_path / "data", language, "test", 3)
        write(tmp_path / "data", language, "dev", 1)
    write(tmp_path / "data", "en", "train", 6)
    checked = call("check", "topics", "--data", "data", "--json", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    job = (
        "single",
        "--tasks",
        "mnli",
        "--target",
        "topics",
        "--data",
        "data",
        "--attacks",
        "swap,drop,mix_fields,greedy",
        "--json",
    )
    small = ("transfer.recipe.steps=20", "intermediate.recipe.steps=2")
    # the adapter comes from the pocket lab's zoo or is trained on its twin: only the target's rows are one's own
    done = call(*job, *(word for setting in small for word in ("--set", setting)), cwd=tmp_path)
    assert done.returncode == 2 and "mnli" in done.stderr, "mnli has no rows in this folder"
    done = call("none", *job[3:], *(word for setting in small for word in ("--set", setting)), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["scores"]
    assert set(found[0]["scores"]) == {"en", "de"}
    assert found[0]["scores"]["en"]["accuracy"] > found[0]["scores"]["en"]["chance"], (
        "twenty steps learn eight headlines"
    )
    by_attack = {score["attack"]: score["scores"]["de"] for score in found}
    assert "n/a" in by_attack["mix_fields"], "one field cannot be mixed"
    assert by_attack["swap"]["reached"] == 12


def test_a_bad_row_is_told_by_place(tmp_path):
    (tmp_path / "topics.py").write_text(DECLARATION)
    write(tmp_path / "data", "en", "test", 1)
    file = tmp_path / "data" / "topics" / "en" / "test.jsonl"
    file.write_text(file.read_text() + json.dumps({"text": "x", "label": 7}) + "\n")
    done = call("check", "topics", "--data", "data", cwd=tmp_path)
    assert done.returncode == 2
    assert "topics/test/en row 4, field 'label'" in done.stderr
