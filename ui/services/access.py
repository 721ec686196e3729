"""Who may use the application, and who may change its data and settings.

Without sign-in anyone who can reach the application may do everything, so only this machine can
reach it. With sign-in every user may ask and read, and the users in `admins` may import, rebuild
and change settings; without admins this is possible only on the command line.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass

from corpora.errors import BadInput
from corpora.home import Home


@dataclass(frozen=True, slots=True)
class Rules:
    """Access rules.

    `sign_in` says whether users must sign in, at one of the `providers` ("" is a single, unnamed
    one); `admins` are e-mail addresses in lower case.
    """

    sign_in: bool = False
    providers: tuple[str, ...] = ("",)
    admins: frozenset[str] = frozenset()

    def may_change(self, user: str) -> bool:
        """Whether the user with this e-mail address ("" without sign-in) may make changes."""
        return not self.sign_in or user.casefold() in self.admins


def read_rules(home: Home) -> Rules:
    """Read the rules from the data directory's secrets.toml: [auth], and admins in [medcite].

    Raises:
        BadInput: the file exists but cannot be read, so that nobody is let in by mistake.
    """
    try:
        secrets = tomllib.loads(home.secrets.read_text(encoding="utf-8"))
        admins = secrets.get("medcite", {}).get("admins", [])
        if not isinstance(admins, list):
            raise ValueError("admins is not a list")
        auth = secrets.get("auth", {})
        providers = tuple(name for name, value in auth.items() if isinstance(value, dict))
        emails = frozenset(str(admin).casefold() for admin in admins)
        return Rules("auth" in secrets, ("",) if "client_id" in auth else providers, emails)
    except FileNotFoundError:
        return Rules()
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(
            f"{home.secrets} cannot be read ({error}).",
            "Correct it, or move it away; docs/signing-in.md describes its contents.",
        ) from error


def check_reach(address: str, rules: Rules, *, open_to_all: bool) -> None:
    """Refuse an address that other machines can reach without sign-in.

    Raises:
        BadInput: the address is not loopback, there is no sign-in, and not `open_to_all`.
    """
    if is_loopback(address) or rules.sign_in or open_to_all:
        return
    raise BadInput(
        f"At {address} everyone on the network could read, import and delete without sign-in.",
        "Set up sign-in (docs/signing-in.md), omit --address, or add --open-to-all if a"
        " reverse proxy controls access.",
    )


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
