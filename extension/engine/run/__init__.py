"""Running a node: rows in, one request a row, result rows out in the same order."""
