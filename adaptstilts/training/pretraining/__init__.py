"""Pretraining of the pocket encoder: its recipe, the text of a step, what is minimised, and how well translations find each other."""
