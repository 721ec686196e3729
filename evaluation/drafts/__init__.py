"""Answers from recorded replies, to evaluate writers whose weights are not available here."""
