"""Words, numbers, negation and terms, shared by several parts of the agent."""
