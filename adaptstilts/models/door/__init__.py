"""The door: everything that a stranger's model or adapter goes through before any of it is used."""
