"""Training of `agent.language.orders`."""
