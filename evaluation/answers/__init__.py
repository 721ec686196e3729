"""Benchmarks of answers and follow-ups against experts' expectations."""
