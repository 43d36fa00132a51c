"""Loading, checking and batching rows."""
