"""Files of records: every format as records in any order, and where a folder holds which."""
