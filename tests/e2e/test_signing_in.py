"""Signing in with Streamlit's own OIDC login, at a provider on this machine."""

from random import SystemRandom

import pytest
from playwright.sync_api import Page, expect

from corpora.home import Home
from tests.e2e.server import serving
from tests.fakes.oidc import CLIENT, oidc_provider

pytestmark = [pytest.mark.e2e, pytest.mark.encoder, pytest.mark.enable_socket]

SECRETS = """
[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "a secret long enough to sign cookies with"
client_id = "{client}"
client_secret = "s"
server_metadata_url = "{url}/.well-known/openid-configuration"

[medcite]
admins = ["erika@example.org"]
"""


def test_nothing_is_shown_before_signing_in_and_only_admins_change_things(
    page: Page, own_home: Home
) -> None:
    port = SystemRandom().randrange(20_000, 32_000)
    with oidc_provider("guest@example.org") as provider:
        own_home.secrets.write_text(SECRETS.format(port=port, client=CLIENT, url=provider.url))
        with serving(own_home.root, "--address", "127.0.0.1", port=port) as address:
            page.goto(f"{address}/index")
            expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
            expect(page.get_by_role("link", name="Literature")).to_have_count(0)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_placeholder("Ask a clinical question")).to_be_visible()
            page.get_by_role("link", name="Literature").click()
            expect(page.get_by_role("heading", name="Versions")).to_be_visible()
            expect(page.get_by_role("heading", name="Add literature")).to_have_count(0)
            page.get_by_role("link", name="Settings").click()
            expect(page.get_by_text("guest@example.org: may ask and read")).to_be_visible()
            expect(page.get_by_label("Leave them out of answers")).to_be_disabled()
            page.get_by_role("button", name="Sign out").click()
            provider.email = "Erika@example.org"
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("link", name="Literature").click()
            expect(page.get_by_role("heading", name="Add literature")).to_be_visible()
