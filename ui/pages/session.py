"""Who is looking at the page."""

from __future__ import annotations

import streamlit as st


def current_user() -> str:
    """The signed-in user's e-mail address, else their provider's name for them; "" where nobody
    signs in, as on a machine of one's own.
    """
    user = st.user
    if not user.get("is_logged_in"):
        return ""
    return str(user.get("email") or f"{user.get('iss', '')} {user['sub']}")
