"""Training of what recognises follow-ups."""
