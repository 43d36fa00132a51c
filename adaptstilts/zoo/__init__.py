"""The adapter zoo: its index and files, what is checked of them, and how adapters come in."""
