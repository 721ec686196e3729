"""An OpenID Connect provider on this machine: whoever comes is signed in as `email`, at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.fakes.loopback import serving

CLIENT = "medcite"


@dataclass(slots=True)
class FakeOidc:
    """`email` may be changed between sign-ins; `nonces` are those of codes handed out."""

    url: str
    email: str
    key: RSAKey
    nonces: dict[str, str]

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(self, code: str) -> dict[str, object]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": self.email, "email": self.email,
                  "iat": now, "exp": now + 600, "nonce": self.nonces.pop(code)}  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeOidc

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            code = f"code-{len(self.fake.nonces)}"
            self.fake.nonces[code] = asked["nonce"]
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif address.path == "/jwks":
            self._send({"keys": [self.fake.key.as_dict(private=False)]})
        else:
            self._send(self.fake.metadata())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(self.fake.token(parse_qs(body)["code"][0]))

    def _send(self, told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, template: str, *arguments: object) -> None:
        pass


@contextmanager
def oidc_provider(email: str) -> Iterator[FakeOidc]:
    """Run one on a free port of the loopback address."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        url = f"http://localhost:{server.server_address[1]}"
        fake = FakeOidc(url, email, RSAKey.generate_key(2048, {"kid": "1"}), {})
        handler.fake = fake  # type: ignore[attr-defined]
        with serving(server):
            yield fake
