"""Whether a question is one for the literature, and what is said where it is not."""
