"""Evaluation of evidence tables on annotated abstracts: precision and recall per column."""
