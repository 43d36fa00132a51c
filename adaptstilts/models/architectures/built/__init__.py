"""Flex-head models of architectures that `adapters` has none for, or none that computes what the encoder does."""
