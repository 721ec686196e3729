"""Check claims against the passages they cite."""
