"""Answers and follow-ups against what experts expect of them."""
