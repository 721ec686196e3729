"""Multiple-choice question sets of the MedGemma model card: closed book, grounded, in context."""
