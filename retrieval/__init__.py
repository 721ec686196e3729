"""Articles to passages, passages to dense and lexical indexes, queries to ranked evidence."""
