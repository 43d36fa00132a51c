"""Backbones, adapters, fusion and heads: the only room that touches `adapters` and `transformers` models."""
