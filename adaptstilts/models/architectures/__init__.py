"""Architectures of encoders, one file each in `encoders/`: what a config may say, and what the library's classes call their parts."""

from adaptstilts.models.architectures.architecture import Architecture
from adaptstilts.registry import Registry

ARCHITECTURES: Registry[Architecture] = Registry("architecture", Architecture, __name__, ("encoders",))

__all__ = ["ARCHITECTURES", "Architecture"]
