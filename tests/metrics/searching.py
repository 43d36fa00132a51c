"""Vectors put through the kind's own searches, so that references are held against what scores are made of."""

from adaptstilts.kinds import matching, ranking
from adaptstilts.rows import RetrievalRow


def row(i, asks=True):
    return RetrievalRow(str(i), "de", str(i), "asked" if asks else "", "held")


def found_by_matching(queries, candidates):
    """Per query the index of the candidate that it finds; as many first rows ask as there are queries."""
    rows = [row(i, i < len(queries)) for i in range(len(candidates))]
    sides = [{"candidate": vector} for vector in candidates]
    for side, vector in zip(sides, queries, strict=False):
        side["query"] = vector
    return [int(said.value) for said in matching.decode(rows, sides, None)[: len(queries)]]


def scored_by_ranking(queries, candidates, answers):
    """mAP@20 of queries over one pool, `answers` the indices of the right candidates of each."""
    rows, sides = [], []
    for i, vector in enumerate(candidates):
        rows.append(RetrievalRow(f"c{i}", "de", f"c{i}", "", "held", key=str(i)))
        sides.append({"candidate": vector})
    for i, vector in enumerate(queries):
        rows.append(RetrievalRow(f"q{i}", "de", f"q{i}", "asked", "", answers=tuple(map(str, answers[i]))))
        sides.append({"query": vector})
    return ranking.score(rows, ranking.decode(rows, sides, None), None)["map_at_20"]
