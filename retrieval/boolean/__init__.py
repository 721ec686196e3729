"""Boolean search as in PubMed: its syntax, what of an article it looks at, and result sets."""
