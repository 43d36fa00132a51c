"""ANLI, round 1: pairs that people wrote until a BERT model got them wrong."""

from adaptstilts.tasks.challenges._anli import anli_round

task = anli_round(1)
