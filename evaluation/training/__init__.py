"""Train what Medcite ships: not part of the wheel."""
