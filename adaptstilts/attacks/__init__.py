"""Attack declarations, one file each: `static/` perturbs text without looking at a model, `search/` queries one."""

from adaptstilts.attacks.attack import Attack, Attacked, Scene, Victim
from adaptstilts.registry import Registry

ATTACKS: Registry[Attack] = Registry("attack", Attack, __name__, ("static", "search"))

__all__ = ["ATTACKS", "Attack", "Attacked", "Scene", "Victim"]
