"""What the tests of the Hub have another process do: verbs of the command line, and the real client's own calls."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path


def verb(*words: str) -> str:
    """A verb of the command line in this process; what it writes to standard output. Errors are raised."""
    from adaptstilts.cli.main import cli

    sink = io.StringIO()
    with contextlib.redirect_stdout(sink):
        cli.main(list(words), standalone_mode=False)
    return sink.getvalue()


def upload(id: str, files: dict[str, bytes], kind: str = "model", private: bool = False) -> str:
    """Our own upload; the commit."""
    from adaptstilts.hub.upload import upload as send

    return send(id, kind, files, "files", private=private)  # type: ignore[arg-type]


def download(id: str, path: str, revision: str = "main", kind: str = "model") -> bytes:
    """One file, by huggingface_hub's own client."""
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(id, path, revision=revision, repo_type=kind)).read_bytes()


def forget() -> None:
    """As a new process, ask the Hub anew which commits its branches are at."""
    from adaptstilts.data.hub import snapshot

    snapshot._asked_once.cache_clear()


def rows_of(id: str, name: str) -> list[dict]:
    """A configuration of a data set, as `datasets` reads it."""
    from datasets import load_dataset

    return load_dataset(id, name, split="train").to_list()


def transfer(store: str, tasks: tuple[str, ...], composition: str = "fuse", **more: object) -> dict:
    """The record of a small transfer to `pawsx`, scored clean and under `swap`, and the keys of its scores."""
    from adaptstilts.config.load import load_config
    from adaptstilts.plan.cell import cell
    from adaptstilts.plan.request import Request
    from adaptstilts.store.store import Store
    from adaptstilts.work.session import Session
    from adaptstilts.work.step import work
    from adaptstilts.zoo.members import zoo_members
    from adaptstilts.zoo.zoo import zoos

    config = load_config("pocket", ("transfer.tasks.pawsx.steps=2",), SMALL)
    zoo = zoos(Path(store))
    request = Request(composition, tasks, "pawsx", taken=zoo_members(config, tasks, zoo), **more)
    planned = cell(config, request, zoo)
    session = Session(config, Store(Path(store)), zoo)
    for step in planned.steps:
        work(step, session)
    record = session.store.record(planned.transfer.key).plain()
    return {**record, "scores": [score.key for score in planned.scores]}


SMALL = {
    "transfer.rows": 12,
    "evaluation.rows": 12,
    "evaluation.languages": ("en", "qaa"),
    "evaluation.attacks": ("swap",),
}


def plain_logits(folder: str, ids: list[list[int]]) -> list:
    """The logits of a published adapter and its head under `adapters` and `transformers` alone, on the pocket encoder."""
    import adapters
    import torch

    from adaptstilts import places

    model = adapters.AutoAdapterModel.from_pretrained(places.encoder())
    name = model.load_adapter(folder, use_safetensors=True)
    model.set_active_adapters(name)
    model.eval()
    with torch.inference_mode():
        return model(torch.tensor(ids)).logits.tolist()


def our_logits(folder: str, ids: list[list[int]]) -> list:
    """The same through this package's own door."""
    import torch

    from adaptstilts.kinds.kind import Encoding, Head
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.door.config import read_json
    from adaptstilts.models.door.open import open_backbone
    from adaptstilts.models.heads import load_head
    from adaptstilts.settings import AdapterSettings, BackboneSettings

    name = read_json(Path(folder) / "adapter_config.json")["name"]
    outputs = read_json(Path(folder) / "head_config.json")["config"]["num_labels"]
    made = assemble(
        open_backbone(BackboneSettings()), block=name, adapters={name: Path(folder)}, trains=(),
        shape=AdapterSettings(), head=Head("sequence", outputs, "label"), head_name=name, seed=0,
    )  # fmt: skip
    load_head(made.model, name, Path(folder))
    with torch.inference_mode():
        return made(made.collate([Encoding(i, tuple(row), None) for i, row in enumerate(ids)])).tolist()


def saved_plainly(folder: str, seed: int = 3) -> dict[str, bytes]:
    """A fresh adapter as plain `adapters` saves it on a plain pocket encoder, by file."""
    import adapters
    import torch

    from adaptstilts import places

    torch.manual_seed(seed)
    model = adapters.AutoAdapterModel.from_pretrained(places.encoder())
    model.add_adapter("theirs", config=adapters.SeqBnConfig(reduction_factor=4))
    for name, parameter in model.named_parameters():
        if ".theirs." in name:
            torch.nn.init.normal_(parameter, std=0.02)
    model.save_adapter(folder, "theirs", use_safetensors=True)
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def tree(*roots: Path) -> dict[str, bytes | str]:
    """Every file below some folders, with its bytes; links by what they point at."""
    found: dict[str, bytes | str] = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            elif path.is_file():
                found[str(path)] = path.read_bytes()
    return found


def of_adapterhub(folder: str, code: str, seed: int) -> dict[str, bytes]:
    """A MAD-X language adapter of the pocket encoder, invertible, as AdapterHub's are: pickled, in the spelling of adapter-transformers."""
    import json

    import adapters
    import torch

    from adaptstilts import places

    torch.manual_seed(seed)
    model = adapters.AutoAdapterModel.from_pretrained(places.encoder())
    model.add_adapter(code, config=adapters.SeqBnInvConfig(reduction_factor=2))
    for name, parameter in model.named_parameters():
        if f".{code}." in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.save_adapter(folder, code, with_head=False, use_safetensors=False)
    path = Path(folder) / "adapter_config.json"
    told = json.loads(path.read_text())
    told.update(type="text_lang", version="0.1.0", model_name="xlm-roberta-base")
    told["config"].update({"phm_bias": True, "phm_rank": 1, "leave_out": []})
    path.write_text(json.dumps(told))
    weights = Path(folder) / "pytorch_adapter.bin"
    found = torch.load(weights, weights_only=True)
    old = {
        ".output.adapters.": ".output.layer_text_lang_adapters.",
        ".invertible_adapters.": ".invertible_lang_adapters.",
    }
    torch.save({_spelt(key, old): value for key, value in found.items()}, weights)
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _spelt(key: str, spellings: dict[str, str]) -> str:
    for now, before in spellings.items():
        key = key.replace(now, before)
    return key


def spoken_transfer(store: str, languages: dict[str, str]) -> dict:
    """A small transfer to `pawsx` above language adapters, scored; what was below it, and its predictions."""
    import pyarrow.parquet as pq

    from adaptstilts.config.load import load_config
    from adaptstilts.plan.cell import cell
    from adaptstilts.plan.request import Request
    from adaptstilts.store.store import Store
    from adaptstilts.work.session import Session
    from adaptstilts.work.step import work
    from adaptstilts.zoo.zoo import zoos

    told = {**SMALL, "evaluation.attacks": (), "language_adapters": languages}
    config = load_config("pocket", ("transfer.tasks.pawsx.steps=2",), told)
    zoo = zoos(Path(store))
    planned = cell(config, Request("none", (), "pawsx"), zoo)
    session = Session(config, Store(Path(store)), zoo)
    for step in planned.steps:
        work(step, session)
    (score,) = planned.scores
    assembly = session.assembly(score, "qaa")
    table = pq.read_table(session.store.folder(score.key) / "predictions.parquet")
    return {
        "key": planned.transfer.key,
        "scores": sorted(session.store.record(score.key).plain()["scores"]),
        "digests": dict(assembly.languages),
        "invertible": any("invertible" in name for name in assembly.part("language")),
        "predictions": str(table["margin"].to_pylist()),
    }


def tiny_encoder(name: str) -> tuple[str, dict[str, bytes]]:
    """The folder of a tiny encoder of an architecture, made once, and the files of an adapter on it."""
    import torch

    from adaptstilts.kinds.kind import Head
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.bundle import save_adapter
    from adaptstilts.models.door.open import open_backbone
    from adaptstilts.settings import AdapterSettings, BackboneSettings
    from tests.models.architectures import make

    folder = Path("encoders", name).resolve()
    if not folder.is_dir():
        make(folder, name)
    made = assemble(
        open_backbone(BackboneSettings(str(folder))), block="mine", adapters={}, trains=("target_adapter", "head"),
        shape=AdapterSettings("seq_bn", 4), head=Head("sequence", 3, "label"), head_name="mine", seed=0,
    )  # fmt: skip
    for number, (_, parameter) in enumerate(made.named_trainable()):
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
    place = Path("adapters-of", name)
    save_adapter(made, "mine", place, head=True)
    return str(folder), {path.name: path.read_bytes() for path in place.iterdir()}


def outputs_on(backbone: str, folder: str) -> list:
    """What an adapter and its head give on an encoder."""
    from adaptstilts.kinds.kind import Encoding, Head
    from adaptstilts.models.assembly import assemble
    from adaptstilts.models.door.open import open_backbone
    from adaptstilts.models.heads import load_head
    from adaptstilts.settings import AdapterSettings, BackboneSettings
    from adaptstilts.training.prediction import predict

    made = assemble(
        open_backbone(BackboneSettings(backbone)), block="mine", adapters={"mine": Path(folder)}, trains=(),
        shape=AdapterSettings(), head=Head("sequence", 3, "label"), head_name="mine", seed=0,
    )  # fmt: skip
    load_head(made.model, "mine", Path(folder))
    made.speak("en") if made.backbone.languages else None
    return [output.tolist() for output in predict(made, [Encoding(i, (0, 7 + i, 12, 33, 2), None) for i in range(3)])]
