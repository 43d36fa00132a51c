"""ANLI, round 3: pairs that people wrote until a set of stronger RoBERTa models, over more genres, got them wrong."""

from adaptstilts.tasks.challenges._anli import anli_round

task = anli_round(3)
