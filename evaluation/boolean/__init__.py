"""Compare Boolean search with an oracle that evaluates the query over the records in Python."""
