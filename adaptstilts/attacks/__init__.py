"""Attacks, one file each: `static/` perturbs without looking at a model, `search/` asks one, `white/` reads gradients."""

from adaptstilts.attacks.attack import Attack, Attacked, Scene, Victim
from adaptstilts.registry import Registry

ATTACKS: Registry[Attack] = Registry("attack", Attack, __name__, ("static", "search", "white"))

__all__ = ["ATTACKS", "Attack", "Attacked", "Scene", "Victim"]
