"""Backbones out of packages: read as data, refused unless whole and known, made once and whole, and equal to their engine."""

import base64
import dataclasses
import json
import multiprocessing
import os
import shutil
import signal
import struct
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import BertModel

from adaptstilts.errors import EnvironmentProblem, Refused
from adaptstilts.ids import file_digest
from adaptstilts.models.door import folder as door_folder
from adaptstilts.models.door.identity import identity
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.packaged import backbones
from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.models.packaged.blocks import read
from adaptstilts.models.packaged.model_files import write_config, write_tokenizer, write_weights
from adaptstilts.settings import BackboneSettings
from tests.models.packed_files import PIECES, SIZES, encoder_file, install, origin, packaged, shapes

CHARACTERS = struct.pack("<I", 1024) + bytes(1024) + b"\0"
"""A table of normalisations that changes nothing."""
TEXT = "a ab b é a"


def made(found, folder):
    write_config(found, folder / "config.json")
    write_tokenizer(found.pieces, CHARACTERS, folder)
    write_weights(found, folder / "model.safetensors")
    return folder


def digests(folder):
    return {path.name: file_digest(path) for path in sorted(folder.iterdir())}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages with a tiny encoder and a table in them, and the backbone made of them."""
    data, _ = encoder_file()
    place = tmp_path / "site"
    install(place, "tinyenc", "1.0", {"tinyenc/enc.bin": data})
    install(place, "tinychars", "1.0", {"tinychars/data/map.bin": CHARACTERS})
    (expected := tmp_path / "expected").mkdir()
    content = digests(made(read(data, "here"), expected))
    found = packaged(
        origin("tinyenc", "tinyenc/enc.bin", data), origin("tinychars", "tinychars/data/map.bin", CHARACTERS), content
    )
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("ADAPTSTILTS_CACHE", str(tmp_path / "cache"))
    for module in (backbones, door_folder, sys.modules["adaptstilts.models.door.identity"]):
        monkeypatch.setattr(module, "PACKAGED", {"tiny-e5": found})
    return found


def test_every_tensor_is_what_was_packed():
    data, truth = encoder_file()
    found = read(data, "here")
    assert dataclasses.astuple(found.sizes) == SIZES
    assert [piece for piece, _ in found.pieces] == PIECES and found.pieces[4][1] == -4.0
    for name, shape in shapes():
        tensor = found.tensor(name)
        assert tensor.dtype == np.float32 and tensor.shape == shape
        assert tensor.ravel().tolist() == truth[name], name


def test_the_folder_is_a_plain_bert_that_the_door_and_transformers_read_alike(tmp_path):
    folder = made(read(encoder_file()[0], "here"), tmp_path)
    ours, theirs = open_backbone(BackboneSettings(str(folder))), BertModel.from_pretrained(folder).eval()
    assert (ours.layers, ours.hidden_size, ours.max_length, ours.architecture) == (2, 32, 20, "bert")
    ids = torch.tensor(ours.tokenizer([TEXT])["input_ids"])
    assert ids[0, 0] == 0 and ids[0, -1] == 2 and 3 not in ids
    with torch.inference_mode():
        found = [m(ids, torch.ones_like(ids)).last_hidden_state for m in (ours.model.bert, theirs)]
    assert torch.allclose(found[0], found[1], atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"magic": b"GGUF"}, "no encoder in the format"),
        ({"version": 2}, "version 2"),
        ({"numbers": (32, 10**9, 4, 64, 40, 20, 2)}, "impossible sizes"),
        ({"numbers": (32, 10**6, 4, 64, 40, 20, 2)}, "impossible sizes"),
        ({"numbers": (32, 2, 4, 64, -40, 20, 2)}, "impossible sizes"),
        ({"numbers": (32, 2, 5, 64, 40, 20, 2)}, "heads"),
        ({"numbers": (32, 3, 4, 64, 40, 20, 2)}, "tensors, where such an encoder has"),
        ({"epsilon": float("nan")}, "out of bounds"),
        ({"block": 64}, "out of bounds"),
        ({"count": 2**31 - 1}, "pieces for"),
        ({"specials": (1, 2, 0, 3)}, "special tokens"),
        ({"blob": 2**62}, "cut short"),
        ({"offsets": [0, 9, 3, *range(4, 13)]}, "offsets"),
        ({"text": b"\xff" * 36}, "UTF-8|offsets|cut short|pieces"),
        ({"rename": "emb.ln.c"}, "no place for a tensor"),
        ({"rename": "emb.ln.b"}, "no place for a tensor"),
        ({"count_of": 31}, "numbers, not"),
        ({"kind": 2}, "kind or size"),
        ({"size": 2**40}, "kind or size"),
        ({"place": 0}, "does not begin where"),
        ({"place": 2**63}, "does not begin where"),
        ({"tensors": 3}, "tensors, where"),
        ({"tail": b"more"}, "end at byte"),
    ],
)
def test_sizes_and_places_that_do_not_add_up_are_refused(changes, reason):
    with pytest.raises(Refused, match=reason) as caught:
        read(encoder_file(**changes)[0], "enc.bin")
    assert caught.value.exit_code == 2 and caught.value.where == "enc.bin"


def test_a_file_cut_anywhere_is_refused():
    data, _ = encoder_file()
    for at in (*range(0, 400, 7), len(data) // 2, len(data) - 1):
        with pytest.raises(Refused):
            read(data[:at], "enc.bin")


def test_the_name_is_made_into_a_folder_once_and_is_the_folder_s_equal(site, tmp_path, caplog):
    caplog.set_level("INFO", logger="adaptstilts")
    assert not site.whole
    before = identity(BackboneSettings("tiny-e5"))
    opened = open_backbone(BackboneSettings("tiny-e5"))
    assert opened.name == "tiny-e5" and opened.identity == before
    assert sum("made once" in text for text in caplog.messages) == 1 and site.whole
    copy = shutil.copytree(site.place, tmp_path / "elsewhere")
    for init in ("pretrained", "random"):
        assert identity(BackboneSettings(str(copy), init=init)) == identity(BackboneSettings("tiny-e5", init=init))
    stamp = (site.place / "model.safetensors").stat().st_mtime_ns
    open_backbone(BackboneSettings("tiny-e5"))
    assert (site.place / "model.safetensors").stat().st_mtime_ns == stamp
    assert not {"tinyenc", "tinychars"} & set(sys.modules)


def test_a_damaged_folder_is_made_again(site):
    site.make()
    with (site.place / "model.safetensors").open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"\x01\x02\x03")
    (site.place / "config.json").unlink()
    assert not site.whole
    site.make()
    assert site.whole


@pytest.mark.parametrize("twin", ["cut", "long", "other byte", "foreign"])
def test_twins_of_the_file_are_refused_with_a_reason(site, twin):
    path = site.encoder.find()
    data = path.read_bytes()
    middle = len(data) // 2
    made_of = {
        "cut": data[:-10],
        "long": data + b"x",
        "other byte": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "foreign": encoder_file(seed=5)[0],
    }
    path.write_bytes(made_of[twin])
    with pytest.raises(Refused, match="cut short" if twin == "cut" else "bytes, where|not the file") as caught:
        open_backbone(BackboneSettings("tiny-e5"))
    assert "pip install" in caught.value.do and "enc.bin" in caught.value.where
    assert not list(site.place.parent.glob("*tiny*/*"))


def test_packages_that_are_not_there_name_the_extra(site, monkeypatch):
    where = Path(site.encoder.find()).parent
    (where.parent / "tinyenc-1.0.dist-info").rename(where.parent / "tinyenc-2.0.dist-info")
    text = (where.parent / "tinyenc-2.0.dist-info" / "METADATA").read_text()
    (where.parent / "tinyenc-2.0.dist-info" / "METADATA").write_text(text.replace("1.0", "2.0"))
    with pytest.raises(EnvironmentProblem, match=r"tinyenc 2\.0 is installed") as caught:
        site.make()
    assert caught.value.do == "pip install 'adaptstilts[small]'" and caught.value.exit_code == 3
    shutil.rmtree(where.parent / "tinyenc-2.0.dist-info")
    with pytest.raises(EnvironmentProblem, match="tinyenc is not installed"):
        open_backbone(BackboneSettings("tiny-e5"))
    bare = dataclasses.replace(site, wheels=frozenset({("linux", "riscv64")}))
    with pytest.raises(EnvironmentProblem, match=r"no wheel for .* \(it has for linux riscv64\)") as caught:
        bare.make()
    assert "--set backbone=FOLDER" in caught.value.do


def test_a_package_without_the_file_says_how_to_mend_it(site):
    site.characters.find().unlink()
    with pytest.raises(EnvironmentProblem, match=r"has no file tinychars/data/map\.bin"):
        site.make()


def test_what_does_not_come_out_as_it_should_is_not_kept(site):
    odd = dataclasses.replace(site, content={**site.content, "config.json": "0" * 32})
    with pytest.raises(EnvironmentProblem, match=r"config\.json did not come out"):
        odd.make()
    assert not odd.place.exists()


def test_a_disk_that_says_no_is_one_clear_error(site, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("adaptstilts.models.packaged.model_files.write_weights", full)
    with pytest.raises(EnvironmentProblem, match="No space left on device") as caught:
        site.make()
    assert "ADAPTSTILTS_CACHE" in caught.value.do
    assert [path.name for path in site.place.parent.iterdir() if path.is_dir()] == []


def _make_slowly(found, began, wait):
    """In a process of its own: make the backbone, taking a while over the weights."""
    from adaptstilts.models.packaged import model_files

    write = model_files.write_weights

    def slow(encoder, path):
        path.write_bytes(b"half")
        began.set()
        time.sleep(wait)
        write(encoder, path)

    model_files.write_weights = slow
    found.make()


def test_a_killed_making_leaves_nothing_and_two_at_once_make_one(site, caplog):
    context = multiprocessing.get_context("fork")
    began = context.Event()
    first = context.Process(target=_make_slowly, args=(site, began, 60))
    first.start()
    assert began.wait(30)
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    assert not site.place.exists()
    began.clear()
    one = context.Process(target=_make_slowly, args=(site, began, 1))
    one.start()
    assert began.wait(30)
    caplog.set_level("INFO", logger="adaptstilts")
    site.make()  # waits for the other
    one.join()
    assert one.exitcode == 0 and site.whole
    assert all("waiting" in said for said in caplog.messages), "the second makes nothing itself"
    assert [path.name for path in site.place.parent.iterdir() if path.is_dir()] == [site.place.name]


# --- the real one ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """e5-small, made in a cache of its own; it takes 480 MB while the module runs."""
    try:
        for each in (PACKAGED["e5-small"].encoder, PACKAGED["e5-small"].characters):
            if distribution(each.distribution).version != each.version:
                pytest.skip(f"{each.release} is not installed")
    except PackageNotFoundError as error:
        pytest.skip(f"{error} is not installed")
    home = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAPTSTILTS_CACHE", str(home))
        yield PACKAGED["e5-small"].make()
        shutil.rmtree(home)


def test_e5_small_has_one_identity_everywhere(real):
    settings = BackboneSettings("e5-small")
    assert identity(settings) == {"content": "d3c2996466ce2611", "encoding": 2} == identity(BackboneSettings(str(real)))
    assert sum(path.stat().st_size for path in real.iterdir()) == PACKAGED["e5-small"].size


def test_sentence_vectors_equal_the_package_s_own_engine(real):
    kept = json.loads((Path(__file__).parent / "e5_vectors.json").read_text(encoding="utf-8"))["sentences"]
    backbone = open_backbone(BackboneSettings("e5-small"))
    found = backbone.tokenizer([f"query: {each['text']}" for each in kept])["input_ids"]
    ids = torch.nn.utils.rnn.pad_sequence(list(map(torch.tensor, found)), batch_first=True, padding_value=1)
    mask = (ids != 1).long()
    with torch.inference_mode():
        hidden = backbone.model.bert(ids, mask).last_hidden_state
    ours = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    theirs = torch.tensor(np.stack([np.frombuffer(base64.b64decode(e["vector"]), "<f2") for e in kept]).astype("f4"))
    alike = torch.nn.functional.cosine_similarity(ours, theirs)
    assert len({each["language"] for each in kept}) >= 8
    assert alike.min() >= 0.9995


def _rules(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    return found, found["model"].pop("vocab")


@pytest.mark.timeout(900)
def test_the_tokenizer_has_xlm_r_s_rules_and_gives_its_ids_for_every_text_of_the_sample(real, hub):
    """Rules are equal to the byte, so texts differ only where words do: each word of each text is looked at once.

    The reference's scores are rounded to about six digits. A word may be cut otherwise only where the reference's own scores
    cannot tell the two cuts apart.
    """
    theirs = hub / "models" / "FacebookAI" / "xlm-roberta-large" / "tokenizer.json"
    (mine, vocabulary), (rules, known) = _rules(real / "tokenizer.json"), _rules(theirs)
    assert mine == rules
    assert [piece for piece, _ in vocabulary] == [piece for piece, _ in known]
    assert max(abs(a - b) for (_, a), (_, b) in zip(vocabulary, known, strict=True)) < 5e-5
    normalizer = Tokenizer.from_file(str(theirs)).normalizer
    words = set()
    for file in sorted((hub / "datasets").rglob("*.parquet")):
        texts = {text for column in parquet.read_table(file).columns for text in _strings(column.to_pylist())}
        for text in texts:
            words.update(normalizer.normalize_str(text).split())
    assert len(words) > 300_000
    ours, reference = (models.Unigram([tuple(x) for x in v], 3) for v in (vocabulary, known))
    score = dict(map(tuple, known))
    odd = []
    for word in words:
        found = [[token.value for token in model.tokenize(f"▁{word}")] for model in (ours, reference)]
        if found[0] != found[1]:
            sums = [sum(score.get(piece, 0.0) for piece in cut) for cut in found]
            assert abs(sums[0] - sums[1]) < 2e-4, (word, found)
            odd.append(word)
    assert len(odd) < 20, odd


def _strings(values):
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _strings(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _strings(value)
