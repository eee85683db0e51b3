"""Who may see the window: users' passwords, sessions, a token in every form, a limit on tries."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException

from wa_session_host.page.passwords import UNKNOWN, is_right
from wa_session_host.page.users import ONLY_USER, User

if TYPE_CHECKING:
    from starlette.requests import Request

SESSION_SECONDS = 8 * 3600
_PER_ADDRESS = parse("5/5minutes")
_ALL_TOGETHER = parse("30/5minutes")
_RETRY_AFTER = "300"
_TOO_MANY = "Terlalu banyak kata sandi salah. Coba lagi lima menit lagi."


class Auth:
    """Sessions in memory: they end with the process, by `leave`, or after eight hours."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._one_at_a_time = Lock()
        self._sessions: dict[str, tuple[User, float]] = {}

    @property
    def configured(self) -> bool:
        return bool(self._users)

    @property
    def named(self) -> bool:
        """Whether a login asks for a name: there is more than the one user without."""
        return set(self._users) != {ONLY_USER}

    def user(self, request: Request) -> User | None:
        """Who has entered the password in this browser; None if nobody has, or the session is
        over."""
        user, until = self._sessions.get(request.session.get("id", ""), (None, 0.0))
        return user if until > time.monotonic() else None

    def enter(self, request: Request, name: str, password: str) -> User | None:
        """Opens a session for a user's right password. Raises a 429 after too many wrong ones,
        including those sent at the same moment."""
        user = self._users.get(name or ONLY_USER)
        address = request.client.host if request.client else ""
        with self._one_at_a_time:
            if not self._fits(user, password, address) or user is None:
                return None
        request.session.clear()
        request.session["id"] = secrets.token_urlsafe(24)
        self._forget_ended()
        self._sessions[request.session["id"]] = (user, time.monotonic() + SESSION_SECONDS)
        return user

    def leave(self, request: Request) -> None:
        self._sessions.pop(request.session.get("id", ""), None)
        request.session.clear()

    def _fits(self, user: User | None, password: str, address: str) -> bool:
        limits = ((_PER_ADDRESS, address), (_ALL_TOGETHER, "all"))
        if not all(self._limiter.test(limit, key) for limit, key in limits):
            raise HTTPException(429, _TOO_MANY, {"Retry-After": _RETRY_AFTER})
        # An unknown name takes as long as a known one.
        if is_right(password, user.password_hash if user else UNKNOWN) and user is not None:
            return True
        for limit, key in limits:
            self._limiter.hit(limit, key)
        return False

    def _forget_ended(self) -> None:
        now = time.monotonic()
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept[1] > now}


def csrf_token(request: Request) -> str:
    """The token that forms of this browser carry."""
    return str(request.session.setdefault("csrf", secrets.token_urlsafe(24)))


def check_csrf(request: Request, given: object) -> None:
    """Raises a 403 if the form does not carry the browser's token."""
    known = request.session.get("csrf")
    if not isinstance(given, str) or not known or not secrets.compare_digest(given, known):
        raise HTTPException(403, "Formulir kedaluwarsa. Muat ulang halaman, lalu coba lagi.")
