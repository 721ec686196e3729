"""Evaluation of rankings against relevance judgements."""
