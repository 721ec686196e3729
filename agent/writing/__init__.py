"""Draft claims from evidence."""
