"""Config, plan, steps, store, zoo, and the work of one step."""
