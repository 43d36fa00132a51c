"""Steps: the units of work as frozen values, and the keys that cover what decides their numbers."""
