"""Who may see the page: one password, sessions, a token in every form, a limit on wrong tries."""

from __future__ import annotations

import secrets
import time
from threading import Lock
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException

from wa_session_host.page.passwords import is_right

if TYPE_CHECKING:
    from starlette.requests import Request

SESSION_SECONDS = 8 * 3600
_PER_ADDRESS = parse("5/5minutes")
_ALL_TOGETHER = parse("30/5minutes")
_RETRY_AFTER = "300"
_TOO_MANY = "Terlalu banyak kata sandi salah. Coba lagi lima menit lagi."


class Auth:
    """Sessions in memory: they end with the process, by `leave`, or after eight hours."""

    def __init__(self, password_hash: str | None) -> None:
        self._hash = password_hash
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._one_at_a_time = Lock()
        self._until: dict[str, float] = {}

    @property
    def configured(self) -> bool:
        return self._hash is not None

    def entered(self, request: Request) -> bool:
        """Whether the request comes from somebody who has entered the password."""
        return self._until.get(request.session.get("id", ""), 0.0) > time.monotonic()

    def enter(self, request: Request, password: str) -> bool:
        """Opens a session for the right password. Raises a 429 after too many wrong ones, including
        those sent at the same moment."""
        address = request.client.host if request.client else ""
        with self._one_at_a_time:
            if not self._fits(password, address):
                return False
        request.session.clear()
        request.session["id"] = secrets.token_urlsafe(24)
        self._until[request.session["id"]] = time.monotonic() + SESSION_SECONDS
        return True

    def _fits(self, password: str, address: str) -> bool:
        limits = ((_PER_ADDRESS, address), (_ALL_TOGETHER, "all"))
        if not all(self._limiter.test(limit, key) for limit, key in limits):
            raise HTTPException(429, _TOO_MANY, {"Retry-After": _RETRY_AFTER})
        if self._hash is not None and is_right(password, self._hash):
            return True
        for limit, key in limits:
            self._limiter.hit(limit, key)
        return False

    def leave(self, request: Request) -> None:
        self._until.pop(request.session.get("id", ""), None)
        request.session.clear()


def csrf_token(request: Request) -> str:
    """The token that forms of this browser carry."""
    return str(request.session.setdefault("csrf", secrets.token_urlsafe(24)))


def check_csrf(request: Request, given: object) -> None:
    """Raises a 403 if the form does not carry the browser's token."""
    known = request.session.get("csrf")
    if not isinstance(given, str) or not known or not secrets.compare_digest(given, known):
        raise HTTPException(403, "Formulir kedaluwarsa. Muat ulang halaman, lalu coba lagi.")
