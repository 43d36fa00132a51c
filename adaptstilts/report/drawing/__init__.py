"""Drawing: what a figure is, the sheet it is drawn on, and what becomes of all figures."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its talk of its own caches is not for our readers
