"""Search algorithms: how a victim is asked under a budget."""
