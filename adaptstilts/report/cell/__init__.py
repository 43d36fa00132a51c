"""The page of one cell: a transfer with its scores, from its records alone."""
