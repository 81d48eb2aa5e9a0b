"""Access control: hosts, origins and tokens."""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from blindsr.web.problems import ProblemError
from blindsr.web.settings import Settings

COOKIE = "blindsr"
SESSION = 7 * 86400
"""Seconds that a browser stays signed in."""
_OPEN = ("/", "/healthz", "/readyz")
"""Paths that need no token, in addition to the files of the page, which explains how to sign in."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class Access:
    """Access control by method, path and headers, before any of the body is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._links: set[str] = set()

    def link(self) -> str:
        """Create a code that signs a browser in once, as ``/?token=CODE``."""
        code = secrets.token_urlsafe(24)
        self._links.add(code)
        return code

    def sign_in(self, code: str) -> str | None:
        """Return the session cookie for a code of `link`, which then becomes invalid; None for other codes."""
        found = [one for one in self._links if hmac.compare_digest(one.encode(), code.encode())]
        if not found or self._settings.token is None:
            return None
        self._links.discard(found[0])
        until = str(int(time.time()) + SESSION)
        return f"{until}.{self._signature(until)}"

    def check(self, method: str, path: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> None:
        """Check whether a request is allowed.

        Raises:
            ProblemError: unknown host, foreign origin, or missing token.
        """
        host = headers.get("host", "")
        if not self._is_own(host):
            raise ProblemError(421, "wrong-host", "unknown host name; see --allow-host")
        if method not in _SAFE:
            self._check_origin(host, headers)
        open_to_all = path in _OPEN or path.startswith("/static/")
        if self._settings.token is not None and not open_to_all and not self._is_known(headers, cookies):
            raise ProblemError(
                401, "no-token", "send 'Authorization: Bearer TOKEN', or open the link that the server printed",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip

    def allows_origin(self, origin: str) -> bool:
        """Whether pages of another origin may use the API."""
        return origin in self._settings.allow_origin

    def _is_own(self, host: str) -> bool:
        """Whether a Host header names this server; protects against DNS rebinding."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in ("localhost", self._settings.host, *self._settings.allow_host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._settings.loopback

    def _check_origin(self, host: str, headers: Mapping[str, str]) -> None:
        """Refuse cross-site requests."""
        origin = headers.get("origin")
        if origin is None:
            foreign = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        else:
            foreign = urlsplit(origin).netloc != host and not self.allows_origin(origin)
        if foreign:
            raise ProblemError(403, "foreign-origin", "cross-origin requests are not allowed; see --allow-origin")

    def _is_known(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
        token = self._settings.token or ""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(shown.strip().encode(), token.encode())
        until, _, signature = cookies.get(COOKIE, "").partition(".")
        valid = hmac.compare_digest(signature.encode(), self._signature(until).encode())
        return valid and until.isdecimal() and int(until) > time.time()

    def _signature(self, until: str) -> str:
        key = (self._settings.token or secrets.token_hex()).encode()
        return hmac.new(key, f"session until {until}".encode(), hashlib.sha256).hexdigest()
