"""Engines that search an index version: FAISS for vectors, tantivy for words."""
