"""Typing errors made at random, to count corrections."""

from evaluation.reading.typed import corrected


class _Index:
    def terms(self, text: str) -> list[str]:
        return [text.casefold()]

    def frequency(self, term: str) -> int:
        return 5 * (term in ("malignant", "committee", "ventilation"))

    def near(self, term: str) -> str:
        return "malignant" if term.startswith("ma") else "committee"


def test_corrections_into_the_word_and_into_others_are_counted() -> None:
    asked = ["malignant committee", "ventilation of the unknownword"]
    right, wrong, total = corrected(asked, _Index())  # type: ignore[arg-type]
    assert (right, wrong, total) == (2, 1, 3)
