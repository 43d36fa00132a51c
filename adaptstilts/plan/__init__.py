"""Plans: from a config and a request to steps and their keys; files are read, nothing is fetched."""
