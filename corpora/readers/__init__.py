"""One module a file format, and the registry that tells which a file needs."""
