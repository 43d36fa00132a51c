"""Encodings: rows as model inputs, made once and kept by content."""
