"""Prints what TextAttack's greedy search makes of fixed sentences as JSON; run it where TextAttack 0.3.11 is installed.

The victim is a fixed function of the text, so that both sides ask the same one: no model, no download.
"""

import hashlib
import json
import math
import random
import sys

WORDS = [
    *("the", "a", "old", "small", "museum", "teacher", "quickly", "opened", "closed", "reads", "letters", "winter"),
    *("summer", "river", "bridge", "children", "never", "always", "music", "garden", "window", "doctor", "village"),
    *("answer", "sleeps", "painted", "empty", "yellow", "train", "station", "morning", "coffee", "market", "found"),
    *("lost", "heavy", "simple", "before", "after", "under", "during", "because", "although", "every", "other"),
    *("strange", "quiet", "famous"),
]
COUNT = 200


def sentences():
    """Sentences of 6 to 20 words of at most eight letters, so that no word has more than a dozen candidates."""
    rng = random.Random(11)
    fitting = [word for word in WORDS if len(word) <= 8]
    return [" ".join(rng.choice(fitting) for _ in range(rng.randint(6, 20))) for _ in range(COUNT)]


def logit(text):
    """A logistic model over letter trigrams, its weights a hash of each."""
    total = 0.0
    padded = f"  {text.lower()}  "
    for i in range(len(padded) - 2):
        digest = hashlib.blake2b(padded[i : i + 3].encode(), digest_size=4).digest()
        total += (int.from_bytes(digest, "big") / 2**32 - 0.5) * 1.6
    return total


def probability(text):
    """Of label 1."""
    return 1 / (1 + math.exp(-logit(text)))


def gold(text):
    """The label that the model gives the unedited text, so that every search starts from a right answer."""
    return int(logit(text) > 0)


def most(text):
    """As many words as a search of ours may edit."""
    return max(1, int(0.15 * len(text.split())))


def candidates(word):
    """Every transposition of two inner neighbours and every deletion of an inner letter, each once."""
    if len(word) < 3:
        return []
    swaps = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 2)]
    drops = [word[:i] + word[i + 1 :] for i in range(1, len(word) - 1)]
    return [new for new in dict.fromkeys([*swaps, *drops]) if new != word]


def main():
    import textattack
    import torch
    from textattack.constraints.overlap import MaxWordsPerturbed
    from textattack.constraints.pre_transformation import RepeatModification
    from textattack.goal_functions import UntargetedClassification
    from textattack.models.wrappers import ModelWrapper
    from textattack.search_methods import GreedyWordSwapWIR
    from textattack.transformations import WordSwap

    class Model(ModelWrapper):
        model = None

        def __call__(self, texts):
            ones = [probability(text) for text in texts]
            return torch.tensor([[1 - p, p] for p in ones], dtype=torch.float64)

    class Ours(WordSwap):
        def _get_replacement_words(self, word):
            return candidates(word)

    found = []
    for text in sentences():
        goal = UntargetedClassification(Model(), use_cache=False)
        constraints = [RepeatModification(), MaxWordsPerturbed(max_num_words=most(text))]
        attack = textattack.Attack(goal, constraints, Ours(), GreedyWordSwapWIR("unk", "<mask>"))
        result = attack.attack(text, gold(text))
        found.append({"after": result.perturbed_text(), "fooled": type(result).__name__ == "SuccessfulAttackResult"})
    made_by = "TextAttack 0.3.11, GreedyWordSwapWIR('unk', '<mask>') as textattack_golden.py calls it"
    json.dump({"made_by": made_by, "found": found}, sys.stdout, indent=0)


if __name__ == "__main__":
    main()
