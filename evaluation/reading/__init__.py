"""Measure and train the reader on questions whose answering sentences annotators graded."""
