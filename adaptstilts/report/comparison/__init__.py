"""Runs side by side: what each scores on the very same rows, clean and attacked, and how sure the differences are."""
