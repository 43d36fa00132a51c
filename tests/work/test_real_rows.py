"""The main job on real rows and XLM-R's real tokenizer: two randomly initialised layers, PAWS-X in seven languages, clean and attacked."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from pyarrow import parquet

NARROW = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}


@pytest.fixture(scope="module")
def backbone(hub, tmp_path_factory):
    """XLM-R's configuration made narrow, with its own tokenizer, no weights."""
    source = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    if not source.is_dir():
        pytest.skip(f"no tokenizer of XLM-R at {source}")
    folder = tmp_path_factory.mktemp("xlmr")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(source / name, folder)
    config = json.loads((source / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **NARROW}))
    return folder


def call(*words, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "adaptstilts", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "ADAPTSTILTS_THREADS": "1"},
    )
    return done.returncode, done.stdout, done.stderr


def job(hub, backbone, *more):
    settings = (
        "backbone.layers=2",
        "intermediate.recipe.epochs=null",
        "intermediate.recipe.steps=4",
        "transfer.recipe.epochs=null",
        "transfer.recipe.steps=4",
        "limits.max_length=192",
        "limits.stride=64",
        "evaluation.search_rows=2",
        "evaluation.budget=12",
    )
    words = ["fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx", "--config", "xlmr-large", "--limit", "200"]
    words += ["--set", "intermediate.rows=200", "--set", "transfer.rows=200"]
    words += ["--data", str(hub / "datasets"), "--set", f"backbone={backbone}", "--json"]
    return [*words, *(word for setting in (*settings, *more) for word in ("--set", setting))]


def test_the_main_job_runs_on_real_rows(hub, backbone, tmp_path):
    code, out, err = call(*job(hub, backbone, "backbone.init=random"), cwd=tmp_path)
    assert code == 0, err
    assert "RANDOMLY INITIALISED" in err
    found = json.loads(out)
    clean = found["scores"][0]["scores"]
    assert set(clean) == {"de", "en", "es", "fr", "ja", "ko", "zh"}
    assert all(scores["n"] == 200 for scores in clean.values())
    assert {clean[code]["split"] for code in ("en", "de", "zh")} == {"test"}
    assert "test" not in {clean[code]["split"] for code in ("es", "fr", "ja", "ko")}, (
        "the sample has no test rows there"
    )
    assert [score["attack"] for score in found["scores"]] == [None, "swap", "drop", "mix_fields", "distract", "greedy"]
    for score in found["scores"][1:]:
        assert any("accuracy" in by_language for by_language in score["scores"].values()), score["attack"]
    assert found["transfer"]["provenance"]["backbone"]["init"] == "random"


def test_the_main_job_runs_at_the_width_of_xlm_r_large(hub, tmp_path):
    """Two layers, 1,024 wide, 250,002 tokens, as the published config says; a few rows of everything."""
    folder = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    if not folder.is_dir():
        pytest.skip(f"no config of XLM-R Large at {folder}")
    words = [*job(hub, folder, "backbone.init=random", "intermediate.tasks={}", "transfer.tasks={}")]
    words[words.index("--limit") + 1] = "10"
    words = [word.replace("recipe.steps=4", "recipe.steps=1") for word in words]
    code, out, err = call(*words, "--langs", "en,de", "--attacks", "swap", cwd=tmp_path)
    assert code == 0, err
    found = json.loads(out)
    parts = found["transfer"]["parts"]
    assert parts["backbone"] > 250_002 * 1024
    # AdapterFusion has query, key and value of 1,024 x 1,024 with biases on the first two, in each of two layers
    assert parts["fusion"] == 2 * (3 * 1024**2 + 2 * 1024)
    assert [set(score["scores"]) for score in found["scores"]] == [{"en", "de"}] * 2


def test_edits_that_end_in_unknown_pieces_are_told_from_others(hub, backbone, tmp_path):
    """`nfd` is read by the fast tokenizer as published: the same text by SentencePiece's rules would have the margins of clean rows."""
    words = job(hub, backbone, "backbone.init=random")
    words[:3] = ["none"]
    words += ["--langs", "en,ko"]
    words[words.index("--limit") + 1] = "12"
    names = ["nfd", "invisible", "invisible_known", "mix_fields"]
    code, out, err = call(*words, "--attacks", ",".join(names), "--out", "runs", cwd=tmp_path)
    assert code == 0, err
    clean, *scores = json.loads(out)["scores"]
    nfd, invisible, known, mixed = ({"ko": {}, **score["scores"]}["ko"] for score in scores)
    assert nfd["unknown"] > 0 and invisible["unknown"] > 0 and invisible["blank"] > 0
    assert known["unknown"] == known["blank"] == 0 < known["survival"]
    assert mixed.get("unknown") is mixed.get("survival") is None
    folder = tmp_path / "runs" / "steps"
    before, after = (
        parquet.read_table(folder / each["key"] / "predictions.parquet").to_pylist() for each in (clean, scores[0])
    )
    margins = {(line["language"], line["id"]): line["margin"] for line in before}
    edited = [line for line in after if line["outcome"] == "edited"]
    assert edited and all(line["unknown"] <= line["survived"] for line in edited)
    assert all(line["margin"] != margins[line["language"], line["id"]] for line in edited)


def test_no_weights_is_an_error_that_says_what_to_do(hub, backbone, tmp_path):
    words = job(hub, backbone)
    i = words.index("backbone.layers=2")
    del words[i - 1 : i + 1]
    code, _, err = call(*words, cwd=tmp_path)
    assert code == 2 and "backbone.init=random" in err, err
