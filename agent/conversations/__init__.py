"""Conversations on disk: threads, resumable runs, and ratings."""
