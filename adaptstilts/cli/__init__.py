"""The command line: it talks, it decides nothing."""
