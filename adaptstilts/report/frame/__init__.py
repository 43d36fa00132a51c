"""Tidy tables of a store, from its records."""

from adaptstilts.report.frame.tables import CELLS, CLEAN, ROWS, TRANSFERS, Frame, read_frame

__all__ = ["CELLS", "CLEAN", "ROWS", "TRANSFERS", "Frame", "read_frame"]
