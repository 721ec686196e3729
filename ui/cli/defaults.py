"""Defaults of options, repeated here because what defines them is slow to import."""

# `retrieval.encoder.DEFAULT_ENCODER`, `agent.models.choice.NONE`, `agent.answer.Flagged.SHOW`.
DEFAULT_ENCODER = "all-MiniLM-L6-v2"
NO_MODEL = "none"
SHOW_FLAGGED = "show"
