"""Who comes in, and who may change what is held; settings."""

import os
from pathlib import Path

import pytest

from agent.answer import Flagged
from corpora.errors import BadInput
from corpora.home import Home
from ui.services.access import Rules, check_reach, is_loopback, read_rules
from ui.services.launch import launch
from ui.services.settings import Choices, Whence, model_in_use, read_choices, write_choices

SECRETS = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
{provider}
[medcite]
admins = ["Erika@Example.org"]
"""


def secrets(home: Home, text: str) -> None:
    home.create()
    home.secrets.write_text(text)


def test_without_sign_in_whoever_is_here_may_do_everything(tmp_path: Path) -> None:
    rules = read_rules(Home(tmp_path))
    assert not rules.sign_in
    assert rules.may_change("")


def test_with_sign_in_only_admins_change_things(tmp_path: Path) -> None:
    home = Home(tmp_path)
    secrets(home, SECRETS.format(provider='client_id = "a"'))
    rules = read_rules(home)
    assert rules.sign_in
    assert rules.providers == ("",)
    assert rules.may_change("erika@example.ORG")
    assert not rules.may_change("someone@example.org")
    assert not rules.may_change("")
    secrets(home, SECRETS.format(provider='[auth.clinic]\nclient_id = "a"'))
    assert read_rules(home).providers == ("clinic",)


def test_sign_in_without_admins_lets_nobody_change_anything(tmp_path: Path) -> None:
    home = Home(tmp_path)
    secrets(home, "[auth]\n")
    assert not read_rules(home).may_change("erika@example.org")


@pytest.mark.parametrize("text", ["[auth", "[medcite]\nadmins = 'me@x.org'", "medcite = 3"])
def test_secrets_that_cannot_be_read_let_nobody_in(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    secrets(home, text)
    with pytest.raises(BadInput, match=r"secrets\.toml"):
        read_rules(home)


def test_an_address_that_others_reach_needs_sign_in(tmp_path: Path) -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    with pytest.raises(BadInput, match="without sign-in"):
        launch(tmp_path, 8599, browser=False, address="0.0.0.0")
    for address in ("0.0.0.0", "192.168.1.5", "::", "clinic.example.org"):
        with pytest.raises(BadInput):
            check_reach(address, Rules(), open_to_all=False)
        check_reach(address, Rules(sign_in=True), open_to_all=False)
        check_reach(address, Rules(), open_to_all=True)


def test_the_command_line_overrides_what_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    monkeypatch.delenv("MEDCITE_MODEL", raising=False)
    assert model_in_use(home) == ("none", Whence.DEFAULT)
    choices = Choices("smollm2", Flagged.DROP, "auto", "e@x.org")
    write_choices(home, choices)
    assert read_choices(home) == choices
    assert model_in_use(home) == ("smollm2", Whence.CHOSEN)
    monkeypatch.setenv("MEDCITE_MODEL", "none")
    assert model_in_use(home) == ("none", Whence.COMMAND)
    assert os.environ["MEDCITE_MODEL"] == "none"


def test_what_an_earlier_version_kept_still_holds(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings.write_text('{"model": "none", "drop_flagged": true, "email": ""}')
    assert read_choices(home) == Choices("none", Flagged.DROP)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": "x"}'])
def test_settings_that_cannot_be_read_are_none(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.settings.write_text(text)
    assert read_choices(home) == Choices()
