"""What is known of how well a language model judges claims."""

from __future__ import annotations

from enum import StrEnum


class Judging(StrEnum):
    """A language model's result in the self-test of its judging (`agent.verification.judge_test`).

    The test measures how far the model's “supports” can be relied on; for a model that was never
    tested this is unknown.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"

    @property
    def trusted(self) -> bool:
        """Whether the model's verdict on a claim counts by itself."""
        return self is Judging.PASSED

    @property
    def words(self) -> str:
        """The result as a predicate for messages."""
        return _JUDGING[self]


_JUDGING = {
    Judging.PASSED: "passed the test of its judging",
    Judging.FAILED: "failed the test of its judging",
    Judging.UNTESTED: "has not been tested for its judging",
}
# The name of the check by which a verdict records that the model's word did not count. Readers are
# told once, in the answer's notes.
JUDGING_CHECK = "model's judging"
