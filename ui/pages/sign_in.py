"""Sign-in, and the right to change literature and settings."""

from __future__ import annotations

from html import escape

import streamlit as st

from corpora.errors import BadInput
from ui.pages.session import current_user
from ui.render import markup
from ui.services.access import Rules, read_rules
from ui.services.library import Library


def entered(library: Library) -> bool:
    """Return whether this visitor may see the pages; if not, draw the sign-in."""
    try:
        rules = read_rules(library.home)
    except BadInput as error:
        st.html(markup.error_html(error))
        return False
    if not rules.sign_in or st.user.get("is_logged_in"):
        return True
    st.html(
        '<div class="greeting"><h1>Medcite</h1><p class="muted">Answers from the biomedical'
        " literature, each sentence checked against its source. Sign in to ask.</p></div>"
    )
    for provider in rules.providers:
        label = f"Sign in with {provider}" if provider else "Sign in"
        st.button(label, type="primary", on_click=st.login, args=(provider or None,))
    return False


def may_change(library: Library) -> bool:
    """Return whether this visitor may import, rebuild and change settings."""
    return _rules(library).may_change(current_user())


def account(library: Library) -> None:
    """Draw who is signed in, and the sign-out button."""
    if not _rules(library).sign_in:
        return
    rights = "may change literature and settings" if may_change(library) else "may ask and read"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f"<p>{escape(current_user() or 'Signed in')}: {rights}</p>", width="content")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _rules(library: Library) -> Rules:
    try:
        return read_rules(library.home)
    except BadInput:  # reported by `entered`
        return Rules(sign_in=True)
