"""Small tables that attacks read: languages, keyboards, look-alikes; `build` makes the latter two from published files."""
