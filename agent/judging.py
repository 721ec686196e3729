"""What is known of how well a language model judges claims."""

from __future__ import annotations

from enum import StrEnum


class Judging(StrEnum):
    """How a language model did in the self-test of its judging (`agent.verification.judge_test`).

    Its word that a claim is supported is worth what such words were worth there; of a model that
    was never tested nobody knows.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"

    @property
    def trusted(self) -> bool:
        """Whether the model's word on a claim counts by itself."""
        return self is Judging.PASSED

    @property
    def words(self) -> str:
        """What is to be said of the model's judging."""
        return _JUDGING[self]


_JUDGING = {
    Judging.PASSED: "passed the test of its judging",
    Judging.FAILED: "failed the test of its judging",
    Judging.UNTESTED: "has not been tested for its judging",
}
# The name of the check by which a verdict says that the model's word did not count. The answer's
# notes say it to readers, once.
JUDGING_CHECK = "model's judging"
