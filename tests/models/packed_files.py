"""Files of the format E5S1 and installed packages that carry them, made by hand for tests."""

import hashlib
import random
import struct
from pathlib import Path

from adaptstilts.models.packaged.backbones import Packaged
from adaptstilts.models.packaged.package_file import PackageFile

SIZES = (32, 2, 4, 64, 40, 20, 2)  # width, layers, heads, inner, vocabulary, positions, types
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "a", "b", "ab", "é", "<mask>"]


def shapes(sizes=SIZES):
    wide, layers, _, inner, words, places, types = sizes
    found = [
        ("emb.word", (words, wide)),
        ("emb.pos", (places, wide)),
        ("emb.type", (types, wide)),
        ("emb.ln.w", (wide,)),
    ]
    found.append(("emb.ln.b", (wide,)))
    for i in range(layers):
        for name in ("q", "k", "v", "ao"):
            found += [(f"l{i}.{name}.w", (wide, wide)), (f"l{i}.{name}.b", (wide,))]
        found += [
            (f"l{i}.aln.w", (wide,)),
            (f"l{i}.aln.b", (wide,)),
            (f"l{i}.fi.w", (inner, wide)),
            (f"l{i}.fi.b", (inner,)),
        ]
        found += [
            (f"l{i}.fo.w", (wide, inner)),
            (f"l{i}.fo.b", (wide,)),
            (f"l{i}.oln.w", (wide,)),
            (f"l{i}.oln.b", (wide,)),
        ]
    return found


def packed(values):
    """Blocks of 32: the scale, then byte j with number j low and number j + 16 high."""
    out = b""
    for at in range(0, len(values), 32):
        scale, levels = values[at]
        block = [values[at + j][1] for j in range(32)]
        assert all(values[at + j][0] == scale for j in range(32)) and levels == block[0]
        out += struct.pack("<e", scale) + bytes((block[j] + 8) | (block[j + 16] + 8) << 4 for j in range(16))
    return out


def encoder_file(sizes=SIZES, pieces=PIECES, *, seed=0, **changes):
    """The bytes of a file, and what its tensors hold as flat lists. `changes` break single fields of it."""
    rng = random.Random(seed)
    tensors, truth = [], {}
    for name, shape in shapes(sizes):
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        if name == "emb.word" or (name.endswith(".w") and len(shape) == 2):
            scales = [rng.choice([0.015625, 0.03125, 0.0625]) for _ in range(count // 32)]
            levels = [(scales[i // 32], rng.randrange(-8, 8)) for i in range(count)]
            truth[name], raw, kind = [scale * level for scale, level in levels], packed(levels), 1
        else:
            ones = ".ln.w" in name or "ln.w" in name
            truth[name] = [struct.unpack("<f", struct.pack("<f", ones + rng.gauss(0, 0.1)))[0] for _ in range(count)]
            raw, kind = struct.pack(f"<{count}f", *truth[name]), 0
        tensors.append([name, kind, count, raw])
    blob = [piece.encode() for piece in pieces]
    offsets = [sum(map(len, blob[:i])) for i in range(len(blob) + 1)]
    head = (
        changes.get("magic", b"E5S1")
        + struct.pack("<I", changes.get("version", 1))
        + struct.pack("<7i", *changes.get("numbers", sizes))
    )
    head += struct.pack("<fi", changes.get("epsilon", 1e-12), changes.get("block", 32))
    head += struct.pack("<5i", changes.get("count", len(pieces)), *changes.get("specials", (0, 2, 1, 3)))
    head += struct.pack("<Q", changes.get("blob", offsets[-1])) + struct.pack(
        f"<{len(offsets)}I", *changes.get("offsets", offsets)
    )
    head += struct.pack(f"<{len(blob)}f", *[-float(i) for i in range(len(blob))]) + changes.get("text", b"".join(blob))
    head += struct.pack("<iI", 1, 5) + b"table"
    if "rename" in changes:
        tensors[3][0] = changes["rename"]
    if "count_of" in changes:
        tensors[4][2] = changes["count_of"]
    table = struct.pack("<i", changes.get("tensors", len(tensors)))
    start = len(head) + len(table) + sum(2 + len(t[0].encode()) + 21 for t in tensors)
    at = start + -start % 64
    data = b""
    for name, kind, count, raw in tensors:
        place = changes.get("place", at + len(data)) if name == "emb.pos" else at + len(data)
        size = changes.get("size", len(raw)) if name == "emb.pos" else len(raw)
        table += struct.pack("<H", len(name.encode())) + name.encode()
        table += struct.pack("<BIQQ", changes.get("kind", kind) if name == "emb.pos" else kind, count, place, size)
        data += raw
    return head + table + b"\0" * (at - start) + data + changes.get("tail", b""), truth


def install(site: Path, name: str, version: str, files: dict[str, bytes]):
    """A distribution as pip leaves it; its code would fail if anybody imported it."""
    for path, content in {f"{name}/__init__.py": b"raise SystemExit('imported')", **files}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    listed = [f"{path},," for path in (f"{name}/__init__.py", *files, f"{info.name}/METADATA", f"{info.name}/RECORD")]
    (info / "RECORD").write_text("\n".join(listed) + "\n")


def origin(name: str, file: str, content: bytes, version="1.0"):
    return PackageFile(name, version, file, len(content), hashlib.sha256(content).hexdigest())


def packaged(encoder: PackageFile, characters: PackageFile, content, wheels=None):
    import platform
    import sys

    here = {(sys.platform, platform.machine())} if wheels is None else wheels
    return Packaged("tiny-e5", "a tiny encoder", "none", "small", encoder, characters, frozenset(here), content, 10**6)
