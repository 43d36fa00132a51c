"""The store: typed records in a folder a step, beside plans, journals and predictions."""
