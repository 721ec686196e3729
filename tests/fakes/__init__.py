"""Stand-ins that behave like the real thing: servers, literature, models."""
