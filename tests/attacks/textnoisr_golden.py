"""Prints the character error rates that textnoisr's noise has on fixed sentences as JSON; run it where textnoisr 1.2.0 is installed.

One action at a time, at the rates that attacks are run at: what a rate means is what is compared, not which letters come.
"""

import json
import statistics
import sys

import textattack_golden

RATES = (0.02, 0.05, 0.1, 0.2)
DRAWS = 5
ACTIONS = ("delete", "insert", "substitute", "swap")


def sentences():
    """Long ones: pairs of those that TextAttack is compared on."""
    texts = textattack_golden.sentences()
    return [" ".join(pair) for pair in zip(texts[::2], texts[1::2], strict=True)]


def distance(before, after):
    """Levenshtein's, by characters."""
    line = list(range(len(after) + 1))
    for i, one in enumerate(before, 1):
        last, line[0] = line[0], i
        for j, other in enumerate(after, 1):
            last, line[j] = line[j], min(line[j] + 1, line[j - 1] + 1, last + (one != other))
    return line[-1]


def main():
    from textnoisr.noise import CharNoiseAugmenter

    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    found = {}
    for action in ACTIONS:
        for rate in RATES:
            rates = []
            for draw in range(DRAWS):
                noise = CharNoiseAugmenter(rate, (action,), letters, seed=draw)
                rates += [distance(text, noise.add_noise(text)) / len(text) for text in sentences()]
            found[f"{action} {rate}"] = [statistics.fmean(rates), statistics.pstdev(rates)]
    json.dump({"made_by": "textnoisr 1.2.0, as textnoisr_golden.py calls it", "found": found}, sys.stdout, indent=0)


if __name__ == "__main__":
    main()
