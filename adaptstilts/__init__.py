"""adaptstilts: modular transfer for multilingual encoders."""

__version__ = "0.1.0"
