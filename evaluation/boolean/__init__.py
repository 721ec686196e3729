"""Boolean search against an oracle: the same query evaluated over the records in plain Python."""
