"""Backbones, adapters, fusion and heads: the only room that imports `adapters` and `transformers`."""
