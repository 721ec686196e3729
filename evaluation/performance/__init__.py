"""Benchmarks of speed and memory: each figure is a ratio to a reference in the same run."""
