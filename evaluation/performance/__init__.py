"""How fast and how small: each figure a ratio to a reference taken in the same run."""
