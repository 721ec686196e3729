"""Evaluation of properties derived from an article's words against manual readings."""
