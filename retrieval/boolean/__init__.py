"""Boolean search as in PubMed: its syntax, the fields it searches, and its translation."""
