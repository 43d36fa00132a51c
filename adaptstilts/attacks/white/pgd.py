"""Projected gradient descent in a ball of word embeddings: no text, the same ball for every model on one encoder."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.embedding import in_a_ball

STEPS = 20
RESTARTS = 3

attack = Attack(
    name="pgd",
    summary="word embeddings move against the margin within a ball; no text (white box)",
    family="white",
    search=in_a_ball(steps=STEPS, restarts=RESTARTS),
    embeds=True,
    citation="Madry et al. 2018; Miyato et al. 2017",
)
