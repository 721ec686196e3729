"""What several parts of the agent know of words, numbers, negation and terms."""
