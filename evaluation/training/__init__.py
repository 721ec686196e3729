"""Training of the networks that Medcite ships; not part of the wheel."""
