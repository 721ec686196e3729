"""Evidence tables against annotated abstracts: precision and recall a column."""
