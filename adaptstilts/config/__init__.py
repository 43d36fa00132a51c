"""Configs: YAML files of names and differences, read into settings that are each declared once."""
