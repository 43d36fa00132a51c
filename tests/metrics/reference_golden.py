"""Prints what the reference scorers make of random and adversarial texts and vectors, as JSON.

    PYTHONPATH=<google-research/xtreme at 838c13b> python reference_golden.py > reference_golden.json

with numpy 2.2 and faiss-cpu 1.15 installed. Of the reference, `third_party/evaluate_squad.py`, `evaluate_mlqa.py`,
`utils_retrieve.py` and `utils_lareqa.py` are called, each function by itself; `bucc_optimize` is given one more candidate
with the last score, for it reads one past its list. The data are a pure function of this file.
"""

import contextlib
import io
import json
import random
import sys
import tempfile
from pathlib import Path

LANGUAGES = ("en", "es", "de", "ar", "hi", "vi", "zh")
LETTERS = (
    *(
        "a",
        "A",
        "n",
        "an",
        "the",
        "The",
        " ",
        " ",
        " ",
        "\u00a0",
        "\u3000",
        "\u2009",
        "\t",
        "x",
        "1",
        "_",
        "-",
        ".",
        "'",
        '"',
    ),
    *(
        "“",
        "”",
        "’",
        "—",
        "…",
        "«",
        "»",
        "¿",
        "¡",
        "।",
        "॥",
        "，",
        "。",
        "？",
        "؟",
        "،",
        "٪",
        "€",
        "£",
        "°",
        "＋",
        "～",
        "$",
    ),
    *("+", "<", "=", ">", "^", "`", "|", "~", "\u200b", "\u200d", "\u00e1", "a\u0301", "İ", "ẞ", "ß", "ΟΔΟΣ", "Σ", "é"),
    *(
        "el",
        "la",
        "los",
        "un",
        "unas",
        "ein",
        "der",
        "das",
        "des",
        "einem",
        "của",
        "là",
        "la\u0300",
        "cái",
        "những",
        "chiếc",
    ),
    *("ال", "الكتاب", "ا", "ل", "أل", "إل", "ٱل", "\ufefb", "وال", "कि", "़", "एक", "्", "北", "京", "\u9fa5", "\u9fa6"),
    *("\u3400", "\U00020000", "\uf900", "か", "ナ", "ไทย", "한"),
)


class Draw:
    """Choices from `random()` alone, whose values no Python version changes."""

    def __init__(self, *seed):
        self.next = random.Random("-".join(seed)).random

    def below(self, count):
        return int(self.next() * count)

    def of(self, items):
        return items[self.below(len(items))]


def texts(language, count=60):
    """Pairs of texts that share pieces, each now and then empty."""
    draw, found = Draw("texts", language), []
    for _ in range(count):
        pieces = [draw.of(LETTERS) for _ in range(draw.below(9))]
        other = [piece if draw.next() < 0.7 else draw.of(LETTERS) for piece in pieces]
        glue = draw.of(["", " ", " "])
        found.append((glue.join(pieces), glue.join(other)))
    return found


def vectors(name, count, width=6, lift=0.0):
    """Small numbers with two decimals, which float32 and float64 round alike nearly always."""
    draw = Draw("vectors", name)
    return [[round(draw.next() * 2 - 1 + lift, 2) for _ in range(width)] for _ in range(count)]


def translations(number):
    """English and foreign vectors: ties by doubled copies, which normalise to the very same floats, and zero vectors."""
    foreign, english = vectors(f"foreign {number}", 25), vectors(f"english {number}", 15)
    foreign[20:23] = [[2 * x for x in foreign[3]], foreign[7], [4 * x for x in foreign[7]]]
    english[0], english[1] = foreign[7], [8 * x for x in foreign[3]]
    if number % 2:
        foreign[11] = [0.0] * 6
    return foreign, english


def piles(number):
    """Two piles of sentences with vectors: some translate each other, some lines are copies but for blanks at the end."""
    draw = Draw("piles", str(number))
    left, right = [f"s{i}" for i in range(45)], [f"t{i}" for i in range(38)]
    left[4], left[9], left[10], right[6], right[8] = left[2], f"{left[1]} ", left[3], right[5], f" {right[0]}"
    source, target = vectors(f"left {number}", 45, lift=0.4), vectors(f"right {number}", 38, lift=0.4)
    gold = []
    for i in range(0, 38, 2):
        if draw.next() < 0.8:
            target[i] = [round(x + 0.4 * draw.next(), 2) for x in source[i]]
            gold.append((i, i))
    return left, right, source, target, gold or [(0, 0)]


def questions(number):
    """Question and candidate vectors with one to four answers a question."""
    draw = Draw("answers", str(number))
    answers = [sorted({draw.below(60) for _ in range(1 + draw.below(4))}) for _ in range(20)]
    return vectors(f"questions {number}", 20), vectors(f"candidates {number}", 60), answers


def _mined(root, left, right, source, target):
    import numpy as np
    from third_party.utils_retrieve import mine_bitext, read_candidate2score

    files = {}
    for side, lines in (("left", left), ("right", right)):
        files[side], files[f"{side} ids"] = Path(root, side), Path(root, f"{side} ids")
        files[side].write_text("".join(f"{line}\n" for line in lines))
        files[f"{side} ids"].write_text("".join(f"{i}\n" for i in range(len(lines))))
    out = Path(root, "candidates")
    x, y = np.array(source, dtype=np.float32), np.array(target, dtype=np.float32)
    mine_bitext(x, y, files["left"], files["right"], out)
    return read_candidate2score(out, files["left"], files["right"], files["left ids"], files["right ids"])


def _bucc(number):
    from third_party.utils_retrieve import bucc_extract, bucc_optimize

    found = {}
    for part in (2 * number, 2 * number + 1):
        left, right, source, target, gold = piles(part)
        with tempfile.TemporaryDirectory() as root:
            found[part] = (_mined(root, left, right, source, target), {f"{i}\t{j}" for i, j in gold})
    dev, test = found[2 * number], found[2 * number + 1]
    last = min(dev[0].values())
    threshold = bucc_optimize({**dev[0], ("none", "none"): last}, dev[1])
    pairs = [[score, int(i), int(j)] for (i, j), score in dev[0].items()]
    kept = {what: sorted(bucc_extract(part[0], threshold)) for what, part in (("dev", dev), ("test", test))}
    return {"candidates": sorted(pairs, key=lambda pair: -pair[0]), "threshold": threshold, "kept": kept}


def main():
    import numpy as np
    from third_party import evaluate_mlqa, evaluate_squad
    from third_party.utils_lareqa import mean_avg_prec_at_k
    from third_party.utils_retrieve import similarity_search

    squad = [
        [evaluate_squad.normalize_answer(a), evaluate_squad.exact_match_score(a, b), evaluate_squad.f1_score(a, b)]
        for a, b in texts("squad", 200)
    ]
    mlqa = {
        code: [
            [evaluate_mlqa.normalize_answer(a, code), evaluate_mlqa.exact_match_score(a, b, code),
             evaluate_mlqa.f1_score(a, b, code)]
            for a, b in texts(code)
        ]
        for code in LANGUAGES
    }  # fmt: skip
    tatoeba = []
    for number in range(6):
        foreign, english = (np.array(side, dtype=np.float32) for side in translations(number))
        tatoeba.append(similarity_search(foreign, english, 6, normalize=True)[:, 0].tolist())
    lareqa = []
    for number in range(4):
        asked, pool, answers = questions(number)
        lareqa.append(
            {str(k): mean_avg_prec_at_k(np.array(asked), np.array(pool), answers, k) for k in (20, 5, 1, None)}
        )
    with contextlib.redirect_stdout(io.StringIO()):
        bucc = [_bucc(number) for number in range(5)]
    found = {"squad": squad, "mlqa": mlqa, "tatoeba": tatoeba, "bucc": bucc, "lareqa": lareqa}
    json.dump(found, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
