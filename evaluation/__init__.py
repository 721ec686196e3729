"""Benchmarks as code: each reads data from a path that it is given, and says what it measured."""
