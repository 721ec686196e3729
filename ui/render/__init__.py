"""Records into text, Markdown, HTML and the formats of reference managers: pure functions."""
