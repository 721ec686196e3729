"""Benchmarks as code: each reads data from a given path and reports what it measured."""
