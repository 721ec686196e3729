"""Who may use the application, and who may change what it holds.

Without sign-in whoever reaches it may do everything, so it is reached from this machine alone. With
sign-in everybody who is let in may ask and read, and those named in `admins` may import, rebuild
and change settings; with no admins named nobody may, but on the command line.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass

from corpora.errors import BadInput
from corpora.home import Home


@dataclass(frozen=True, slots=True)
class Rules:
    """`sign_in`: users have to, at one of these `providers` ("" is the only one, without a name);
    `admins` are e-mail addresses, in lower case.
    """

    sign_in: bool = False
    providers: tuple[str, ...] = ("",)
    admins: frozenset[str] = frozenset()

    def may_change(self, user: str) -> bool:
        """Whether the user of this e-mail address ("" where nobody signs in) may change things."""
        return not self.sign_in or user.casefold() in self.admins


def read_rules(home: Home) -> Rules:
    """What the data directory's secrets.toml says: its table [auth], and admins in [medcite].

    Raises:
        BadInput: the file is there, and cannot be read; nobody is let in by mistake.
    """
    try:
        told = tomllib.loads(home.secrets.read_text(encoding="utf-8"))
        own = told.get("medcite", {})
        admins = own.get("admins", [])
        if not isinstance(admins, list):
            raise ValueError("admins is no list")
        auth = told.get("auth", {})
        named = tuple(name for name, value in auth.items() if isinstance(value, dict))
        emails = frozenset(str(each).casefold() for each in admins)
        return Rules("auth" in told, ("",) if "client_id" in auth else named, emails)
    except FileNotFoundError:
        return Rules()
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(
            f"{home.secrets} cannot be read ({error}).",
            "Mend it, or move it away; docs/signing-in.md says what it holds.",
        ) from error


def check_reach(address: str, rules: Rules, *, open_to_all: bool) -> None:
    """Refuse an address that others reach where they need not sign in.

    Raises:
        BadInput: it is one, and nobody said `open_to_all`.
    """
    if is_loopback(address) or rules.sign_in or open_to_all:
        return
    raise BadInput(
        f"At {address} everyone on the network could read, import and delete: nobody signs in.",
        "Set up sign-in (docs/signing-in.md), leave out --address, or say --open-to-all if a"
        " server in front of this one decides who comes in.",
    )


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches it."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
