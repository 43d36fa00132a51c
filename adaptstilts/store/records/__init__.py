"""The types of what a finished step leaves: one record for each kind of step, and what records hold."""
