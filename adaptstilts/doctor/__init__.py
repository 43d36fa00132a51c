"""What this machine has, and what a config would need of it: looked up and told, never changed."""
