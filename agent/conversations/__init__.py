"""Conversations on disk: threads, runs that can be resumed, and ratings."""
