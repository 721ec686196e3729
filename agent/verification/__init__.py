"""Claims against the passages they cite."""
