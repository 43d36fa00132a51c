"""Rights of files are those that the umask leaves, whoever writes them: safetensors and `tempfile` give theirs to their owner alone."""

import os
import stat
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from adaptstilts import ids
from adaptstilts.files import as_created, replacing, write_whole
from adaptstilts.store.store import Store
from adaptstilts.zoo.zoo import Zoo, shipped_zoo
from tests.store.filled import record


@pytest.fixture(params=[0o022, 0o077, 0o002], ids=oct)
def mask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def wrong(folder, mask):
    """What below a folder has other rights than a new file or folder."""
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    return {path.name: oct(mode) for path, mode in found.items() if mode != (0o777 if path.is_dir() else 0o666) & ~mask}


def closed(folder):
    """A folder with weights as safetensors leaves them, and both closed to all but their owner."""
    folder.mkdir(parents=True)
    save_file({"w": torch.ones(2)}, folder / "adapter.safetensors")
    (folder / "adapter_config.json").write_text('{"config": {"reduction_factor": 16}, "name": "x"}')
    for path in folder.iterdir():
        path.chmod(0o600)
    folder.chmod(0o700)
    return folder


def test_a_file_that_is_put_in_its_place(mask, tmp_path):
    with replacing(tmp_path / "made" / "weights.safetensors") as beside:
        save_file({"w": torch.ones(2)}, beside)
        beside.chmod(0o600)
    write_whole(tmp_path / "made" / "text", "x")
    assert wrong(tmp_path / "made", mask) == {}


def test_an_adapter_in_a_zoo(mask, tmp_path):
    source = closed(tmp_path / "source")
    entry = replace(next(iter(shipped_zoo())), name="mine", digest=ids.files_digest(sorted(source.iterdir())))
    Zoo(tmp_path / "zoo").add(entry, source)
    assert wrong(tmp_path / "zoo", mask) == {}


def test_a_step_that_is_done(mask, tmp_path):
    store, made = Store(tmp_path / "runs"), record("transfer")
    with store.claim(made.key) as folder:
        closed(folder / "bundle" / "head")
        store.finish(made.key, made)
    assert wrong(folder / "bundle", mask) == {}
    assert wrong(folder, mask) == {}


def test_links_lead_nowhere_and_a_folders_group_stays(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o2700)
    (folder / "link").symlink_to(outside)
    as_created(folder)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600
    assert folder.stat().st_mode & stat.S_ISGID and folder.stat().st_mode & 0o077 == 0o077 & ~_mask()


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
