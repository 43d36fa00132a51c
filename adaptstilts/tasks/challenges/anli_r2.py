"""ANLI, round 2: pairs that people wrote until a set of RoBERTa models got them wrong."""

from adaptstilts.tasks.challenges._anli import anli_round

task = anli_round(2)
