"""One module per file format, and the registry that detects a file's format."""
