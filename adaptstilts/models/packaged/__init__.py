"""Backbones that the Python package index carries: read as data out of an installed package, made once into the user's cache."""
