"""Questions into search queries."""
