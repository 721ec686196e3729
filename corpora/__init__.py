"""The literature: article records, their formats and sources, and the article store."""
