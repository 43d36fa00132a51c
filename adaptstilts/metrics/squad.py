"""SQuAD's exact match and F1, with v1.1's and v2.0's rules; fractions in [0, 1].

v1.1 is what XTREME scores XQuAD and TyDiQA-GoldP with, in every language: lower case, no ASCII punctuation, no English
articles, tokens between white space. There is no Unicode normalisation and no word segmentation.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from adaptstilts.errors import InputError

Normalise = Callable[[str], list[str]]

_NO_MARKS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalise(text: str) -> list[str]:
    """The tokens that both SQuAD scorers compare: the 32 ASCII marks are deleted first, then whole-word a, an, the."""
    return _ARTICLES.sub(" ", text.lower().translate(_NO_MARKS)).split()


def exact(prediction: str, answer: str, normalise: Normalise = normalise) -> float:
    """1.0 if both have the same tokens, else 0.0; two texts without tokens are equal."""
    return float(normalise(prediction) == normalise(answer))


def f1(prediction: str, answer: str, normalise: Normalise = normalise) -> float:
    """Overlap F1 of the token multisets by v1.1's rule: no overlap is 0, also when neither side has a token."""
    return _overlap(normalise(prediction), normalise(answer))


def squad_v1(
    predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]], normalise: Normalise = normalise
) -> dict[str, float]:
    """`{"em", "f1"}` over all questions, by id; each takes its own best gold answer and a missing prediction scores 0.

    Raises InputError for no questions and for a question without gold answers.
    """
    if not golds:
        raise InputError("there is nothing to score: no questions")
    em = total = 0.0
    for key, answers in golds.items():
        if not answers:
            raise InputError("a question without gold answers cannot be scored by v1.1's rule", where=f"question {key}")
        if key in predictions:
            em += max(exact(predictions[key], a, normalise) for a in answers)
            total += max(f1(predictions[key], a, normalise) for a in answers)
    return {"em": em / len(golds), "f1": total / len(golds)}


def exact_v2(prediction: str, answers: Sequence[str]) -> float:
    """v2.0's exact match: answers that normalise to nothing are dropped, and an unanswerable question's gold is ""."""
    return max(exact(prediction, answer) for answer in _usable(answers))


def f1_v2(prediction: str, answers: Sequence[str]) -> float:
    """v2.0's F1: where either side has no token it is 1 if both have none, else 0."""
    said = normalise(prediction)
    return max(_overlap_v2(said, normalise(answer)) for answer in _usable(answers))


def squad_v2(
    predictions: Mapping[str, str],
    golds: Mapping[str, Sequence[str]],
    null_scores: Mapping[str, float] | None = None,
    threshold: float = 1.0,
) -> dict[str, float]:
    """The official v2.0 numbers as fractions: `em`, `f1`, and `has_answer_*`, `no_answer_*` where there are such.

    With `null_scores` (the no-answer probability per question) a score strictly above `threshold` means "no answer",
    and `best_em`, `best_em_threshold`, `best_f1`, `best_f1_threshold` are added, found on the unthresholded scores. The
    parts are split by the raw gold list being empty. Raises InputError for no questions, and for a missing prediction
    or null score, where the official script raises KeyError.
    """
    if not golds:
        raise InputError("there is nothing to score: no questions")
    _all_there(golds, predictions, "prediction")
    em = {key: exact_v2(predictions[key], answers) for key, answers in golds.items()}
    f1s = {key: f1_v2(predictions[key], answers) for key, answers in golds.items()}
    scores = {"em": em, "f1": f1s}
    result: dict[str, float] = {}
    if null_scores is not None:
        _all_there(golds, null_scores, "null score")
        for name, raw in scores.items():
            top, cut = best_threshold(predictions, raw, null_scores, golds)
            result |= {f"best_{name}": top, f"best_{name}_threshold": cut}
            scores = {**scores, name: _thresholded(raw, null_scores, golds, threshold)}
    parts = {
        "": list(golds),
        "has_answer_": [key for key, answers in golds.items() if answers],
        "no_answer_": [key for key, answers in golds.items() if not answers],
    }
    for part, keys in parts.items():
        for name, by_key in scores.items():
            if keys:
                result[part + name] = sum(by_key[key] for key in keys) / len(keys)
    return result


def best_threshold(
    predictions: Mapping[str, str],
    scores: Mapping[str, float],
    null_scores: Mapping[str, float],
    golds: Mapping[str, Sequence[str]],
) -> tuple[float, float]:
    """The best mean score that a no-answer threshold can reach, in [0, 1], and that threshold.

    As the official script: start with every question unanswered at threshold 0, answer them by rising null score, keep
    a cut only if it is strictly better.
    """
    current = top = float(sum(not answers for answers in golds.values()))
    cut = 0.0
    for key in sorted(null_scores, key=lambda k: null_scores[k]):
        if key not in scores:
            continue
        if golds[key]:
            current += scores[key]
        elif predictions[key]:
            current -= 1
        if current > top:
            top, cut = current, null_scores[key]
    return top / len(scores), cut


def _thresholded(
    scores: Mapping[str, float], null_scores: Mapping[str, float], golds: Mapping[str, Sequence[str]], threshold: float
) -> dict[str, float]:
    return {key: float(not golds[key]) if null_scores[key] > threshold else score for key, score in scores.items()}


def _usable(answers: Sequence[str]) -> list[str]:
    return [answer for answer in answers if normalise(answer)] or [""]


def _overlap(said: list[str], gold: list[str]) -> float:
    same = sum((Counter(said) & Counter(gold)).values())
    if not same:
        return 0.0
    precision, recall = same / len(said), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def _overlap_v2(said: list[str], gold: list[str]) -> float:
    return _overlap(said, gold) if said and gold else float(said == gold)


def _all_there(golds: Iterable[str], given: Mapping[str, object], what: str) -> None:
    missing = [key for key in golds if key not in given]
    if missing:
        raise InputError(f"{len(missing)} questions have no {what}", where=f"question {missing[0]}")
