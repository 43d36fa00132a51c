"""Training and prediction, one loop each, and what drives them; the pretraining of the pocket encoder."""
