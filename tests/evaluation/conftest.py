"""The invented sample literature, as the agent's tests have it."""

from tests.agent.conftest import sample_home, searcher

__all__ = ["sample_home", "searcher"]
