"""What the literature is: article records, their formats and sources, the article store."""
