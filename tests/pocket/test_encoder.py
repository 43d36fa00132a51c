"""The shipped encoder: it loads offline, knows every letter, aligns the languages, and can be made again."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adaptstilts import pocket
from adaptstilts.errors import InputError
from adaptstilts.places import encoder as shipped

ENCODER = shipped()
FILES = {
    *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
    *("special_tokens_map.json", "README.md"),
}
TINY = {"seed": 3, "steps": 6, "hidden": 32, "layers": 3, "heads": 2, "pairs": 4, "documents": 2, "aligned": 4}
KILLED = """
import logging, os, signal, sys
from pathlib import Path
from adaptstilts.training.pretraining.build import build
from adaptstilts.training.pretraining.recipe import EncoderRecipe
class Killer(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("step 4"):
            os.kill(os.getpid(), signal.SIGKILL)
logging.getLogger("adaptstilts").addHandler(Killer())
logging.getLogger("adaptstilts").setLevel("INFO")
build(Path(sys.argv[1]), EncoderRecipe(sentences=50, **eval(sys.argv[2])), threads=1, every=2, probe=5)
"""


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(ENCODER)


def test_it_is_complete_and_small():
    assert {path.name for path in ENCODER.iterdir()} == FILES
    assert sum(path.stat().st_size for path in ENCODER.iterdir()) <= 8_000_000
    config = json.loads((ENCODER / "config.json").read_text())
    assert config["model_type"] == "xlm-roberta"
    assert 130 <= config["max_position_embeddings"] <= 258
    card = (ENCODER / "README.md").read_text()
    assert "adaptstilts pocket build" in card
    assert "human language" in card


def test_special_tokens_are_those_of_xlmr(tokenizer):
    specials = tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>"])
    assert specials == [0, 1, 2, 3]
    assert tokenizer.mask_token_id is not None
    one, two = tokenizer("the dog", "the cat")["input_ids"], tokenizer("the dog")["input_ids"]
    assert two == [0, *two[1:-1], 2]
    assert one[: len(two)] == two
    assert one[len(two)] == 2
    assert one[-1] == 2


@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_no_word_is_unknown(tokenizer, code):
    texts = pocket.sample(code, 400) + [form for forms in pocket.lexicon(code).values() for form in forms]
    texts += [" ".join(row.choices) + row.question for row in pocket.rows("csqa", "dev", code, 60)]
    texts += [text[::-1] for text in texts[:50]]
    assert not any(3 in ids for ids in tokenizer(texts)["input_ids"])


def test_noise_falls_into_letters_not_into_the_unknown(tokenizer):
    for text in ("teh dgo hcased", "https://t.co/aB3?x=1&y=2", "DOG @ 12:30, #1 (50%)!", "a\tb\nc", "naïve – “café”…"):
        assert 3 not in tokenizer(text)["input_ids"], text


def test_every_context_fits(tokenizer):
    for task in ("squad", "xquad", "tydiqa"):
        for code in pocket.LANGUAGES:
            rows = pocket.rows(task, "test", code, 60)
            lengths = [
                len(ids) for ids in tokenizer([r.question for r in rows], [r.context for r in rows])["input_ids"]
            ]
            assert max(lengths) < 250


def test_words_are_mostly_whole(tokenizer):
    for code in pocket.LANGUAGES:
        lengths = [len(ids) for ids in tokenizer(pocket.sample(code, 100), add_special_tokens=False)["input_ids"]]
        assert sum(lengths) / len(lengths) < 20


def test_translations_find_each_other():
    from tokenizers import Tokenizer
    from transformers import AutoModel

    from adaptstilts.training.pretraining.retrieval import RETRIEVAL_LAYER, measure, retrieval

    model = AutoModel.from_pretrained(ENCODER).float().eval()
    found = retrieval(model, Tokenizer.from_file(str(ENCODER / "tokenizer.json")), rows=100, layers=(RETRIEVAL_LAYER,))
    assert min(found[RETRIEVAL_LAYER].values()) > 0.7
    assert measure(ENCODER, rows=100)[RETRIEVAL_LAYER] == found[RETRIEVAL_LAYER]  # through the door, the same encoder


def test_adapters_can_use_it():
    from adapters import AutoAdapterModel

    model = AutoAdapterModel.from_pretrained(ENCODER)
    model.add_adapter("twin", config="seq_bn")
    assert model.config.model_type == "xlm-roberta"


def test_it_predicts_masked_words(tokenizer):
    import torch
    from transformers import AutoModelForMaskedLM

    model = AutoModelForMaskedLM.from_pretrained(ENCODER).float().eval()
    row = tokenizer("the opposite of big is<mask>.", return_tensors="pt")
    with torch.no_grad():
        scores = model(**row).logits[0, (row["input_ids"][0] == tokenizer.mask_token_id).nonzero()[0, 0]]
    assert set(tokenizer.decode(scores.topk(6).indices).split()) & {"small", "little"}


def test_a_killed_pretraining_ends_as_if_it_had_not_been(tmp_path: Path, caplog):
    import torch
    from safetensors.torch import load_file

    from adaptstilts.training.pretraining.build import build
    from adaptstilts.training.pretraining.recipe import EncoderRecipe

    recipe = EncoderRecipe(sentences=50, **TINY)
    torch.set_num_threads(1)
    build(tmp_path / "whole", recipe, threads=1, every=2, probe=5)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "killed"), repr(TINY)], check=False)
    assert killed.returncode == -9
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    with pytest.raises(InputError):
        build(tmp_path / "killed", replace(recipe, seed=4), threads=1)
    caplog.clear()
    build(tmp_path / "killed", recipe, threads=1, every=2, probe=5)
    assert any(line.startswith("step 6") for line in caplog.messages)
    assert not any(line.startswith("step 2") for line in caplog.messages)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_build_follows_its_recipe_alone(tmp_path: Path):
    import torch

    from adaptstilts.training.pretraining.build import build
    from adaptstilts.training.pretraining.recipe import EncoderRecipe

    recipe = replace(EncoderRecipe(sentences=50, **TINY), steps=2)
    for number, asked in enumerate((recipe, recipe, replace(recipe, seed=4))):
        state = torch.manual_seed(number).get_state()
        build(tmp_path / str(number), asked, threads=1, probe=5)
        assert torch.equal(torch.get_rng_state(), state)
    one, again, other = ((tmp_path / str(number) / "model.safetensors").read_bytes() for number in range(3))
    assert one == again != other
