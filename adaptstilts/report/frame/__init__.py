"""Tidy tables of a store, from its records."""
