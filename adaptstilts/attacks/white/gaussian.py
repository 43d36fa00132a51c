"""Gaussian noise on word embeddings, as long as `pgd` may go: what a move without direction does."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.embedding import in_a_ball

attack = Attack(
    name="gaussian",
    summary="random noise of pgd's norm on word embeddings: its control; no text",
    family="white",
    search=in_a_ball(steps=0, restarts=1),
    embeds=True,
    citation="Carlini et al. 2019 (an attack must beat noise)",
)
