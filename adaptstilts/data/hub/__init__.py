"""Data sets of the Hugging Face Hub: their files at one commit, found, fetched and pinned."""
