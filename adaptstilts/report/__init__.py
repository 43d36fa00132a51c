"""Tables and pages, from records alone."""
