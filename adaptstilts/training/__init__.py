"""Training and prediction: one loop each, and what drives them."""
