"""Plans: from a config and names to steps, pure and counted."""
