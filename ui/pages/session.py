"""The current user."""

from __future__ import annotations

import streamlit as st


def current_user() -> str:
    """Return the signed-in user's e-mail address, else the identity provider's issuer and subject;
    "" if nobody is signed in, as on a personal machine.
    """
    user = st.user
    if not user.get("is_logged_in"):
        return ""
    return str(user.get("email") or f"{user.get('iss', '')} {user['sub']}")
