"""The reader measured and trained: questions whose answering sentences annotators graded."""
