"""Where literature files come from."""
