"""What the start page says of the literature."""

from ui.render.answer_markup import greeting_html


def test_it_says_how_much_there_is_of_when_and_how_to_add_to_it() -> None:
    told = greeting_html(2_730, (2015, 2021), "2020-01-01T00:00:00+00:00")
    assert "2,730 articles" in told
    assert "last import" in told
    assert "Literature page" in told
    assert "last import" not in greeting_html(3, None)
