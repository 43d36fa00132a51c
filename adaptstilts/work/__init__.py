"""Work: one step from start to finish."""
