"""The LangGraph agent: plan, retrieve, assess, write, verify, revise or abstain."""
