"""Training of the span tagger and its judges (`agent.table.learned`)."""
