"""Edits: how attacks change a row's text, and which changes are sound."""
