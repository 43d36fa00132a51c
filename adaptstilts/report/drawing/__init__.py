"""Drawing: what a figure is, the sheet it is drawn on, and what becomes of all figures."""
