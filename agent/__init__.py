"""The LangGraph agent: plan, retrieve, read, write, verify, revise or abstain."""
