"""Decide whether a question is one for the literature, and what to reply where it is not."""
