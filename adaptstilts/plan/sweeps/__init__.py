"""Sweeps: the design, its cells and steps, the manifest and the plan that is registered, what it costs and can detect."""
