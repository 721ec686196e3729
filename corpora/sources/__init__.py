"""Sources of literature files."""
