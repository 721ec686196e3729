"""Render records as text, Markdown, HTML and reference-manager formats: pure functions."""
