"""The reader: which sentences answer a question, and whether anything does."""
