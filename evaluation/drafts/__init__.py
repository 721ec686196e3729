"""Answers on recorded replies: what Medcite makes of a writer that no weights here can be."""
