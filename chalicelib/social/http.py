"""The only way to either API: pooled, timed, rate-limited, retried, counted, and checked for
errors.

`Api.get` returns what its reader makes of a good response and raises an `ApiError` for everything
else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.social import errors
from chalicelib.social.judge import Json, parse_response
from chalicelib.social.route import Route

if TYPE_CHECKING:
    import requests
    from tenacity import RetryCallState, Retrying

_RATE_PATIENCE = 3
_CHUNK = 64 * 1024
_ACCOUNTS = ("username_or_id_or_url", "uniqueId", "secUid")  # parameters that name an account

LONGEST_BODY = 32 * 1024 * 1024
"""Maximum size of a response in bytes, decompressed; a longer one is malformed."""


Read = TypeVar("Read")


@dataclass(frozen=True)
class Effort:
    """How hard to try: seconds that one response may take, tries per call, and how many calls may
    be in flight at once."""

    timeout: float = 20
    attempts: int = 4
    connections: int = 10


class Api:
    """One host with one key. `host` is a bare host name, or a URL such as http://127.0.0.1:8099.

    `outcomes` counts the requests sent by (path, "ok" or error kind), retries included. No wait
    goes past the deadline: if the next try does not fit, the last error stands for that call, and
    for the others until there is a new deadline. Safe to call from as many threads at once as its
    effort has `connections`.
    """

    def __init__(
        self,
        host: str,
        key: str,
        route: Route | None = None,
        effort: Effort = Effort(),
        deadline: Callable[[], Deadline] = lambda: UNLIMITED,
    ) -> None:
        self._base = host.rstrip("/") if "://" in host else f"https://{host}"
        self.host = urlsplit(self._base).hostname or host
        self._headers = {
            "X-RapidAPI-Key": key,
            "X-RapidAPI-Host": self.host,
            "x-cache-control": "no-cache",
        }
        self._route = route or Route()
        self._timeout = (effort.timeout / 4, effort.timeout)
        self._effort = effort
        self._deadline = deadline
        self._given_up: tuple[Deadline, errors.ApiError] | None = None
        self._opened: requests.Session | None = None
        self._lock = Lock()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def requests_sent(self) -> Counter[tuple[str, str]]:
        """A copy of `outcomes` as of now."""
        with self._lock:
            return Counter(self.outcomes)

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        """GET `path`; returns what `read` makes of the response's JSON object. Raises an ApiError.

        `read` raises Malformed for an envelope it does not know; that is retried too.
        """
        given_up = self._given_up
        if given_up and given_up[0] is self._deadline():
            raise type(given_up[1])(str(given_up[1]))
        try:
            answer: Read = self._retrying(self._counted, path, read, parameters)
        except Exception as error:  # noqa: BLE001  any error is this call's alone
            raise errors.api_error(error, path) from None
        return answer

    @cached_property
    def _retrying(self) -> Retrying:
        from tenacity import Retrying, retry_if_exception

        return Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, errors.ApiError) and e.retry),
            stop=self._has_tried_enough,
            wait=_wait,
            sleep=lambda seconds: self._deadline().sleep(seconds),
            reraise=True,
        )

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        """Whether to stop. A call that came too fast only has to wait, so it gets more tries than
        one that fails."""
        error = state.outcome.exception() if state.outcome else None
        patience = _RATE_PATIENCE if isinstance(error, errors.RateLimited) else 1
        if state.attempt_number >= self._effort.attempts * patience:
            return True
        deadline = self._deadline()
        if deadline.fits(state.upcoming_sleep):
            return False
        if isinstance(error, errors.ApiError) and deadline is not UNLIMITED:
            self._given_up = (deadline, error)
        return True

    def close(self) -> None:
        """Closes the pooled connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _counted(
        self, path: str, read: Callable[[Json], Read], parameters: Mapping[str, str | int]
    ) -> Read:
        self._session()  # opened before the permit, so that an allowed call is sent at once
        self._route.permit(path)
        outcome = "ok"
        try:
            answer = read(self._get_once(path, parameters))
        except Exception as problem:  # noqa: BLE001  readers may raise anything
            error = self._judged(errors.api_error(problem, path), parameters)
            outcome = error.kind
            if error.failover:
                self._route.trip(path, error)
            raise error from None
        finally:
            with self._lock:
                self.outcomes[path, outcome] += 1
        self._route.answered()
        return answer

    def _judged(
        self, error: errors.ApiError, parameters: Mapping[str, str | int]
    ) -> errors.ApiError:
        """The error; a refused route's error if one account after another is refused."""
        account = next((str(parameters[name]) for name in _ACCOUNTS if name in parameters), None)
        if account and isinstance(error, errors.AccountRefused) and self._route.refused(account):
            return errors.ApiConfiguration(f"{error}; so were other accounts")
        return error

    def _get_once(self, path: str, parameters: Mapping[str, str | int]) -> Json:
        import requests
        from urllib3.exceptions import HTTPError

        request = self._blank.copy()
        request.url = f"{self._base}{path}?{urlencode(parameters)}"
        left = self._deadline().left()
        if not left:
            raise errors.NoTime(f"{path}: the invocation ends")
        timeout = (min(self._timeout[0], left), min(self._timeout[1], left))
        ends = time.monotonic() + min(sum(timeout), left)
        try:
            with self._session().send(
                request,
                timeout=timeout,
                allow_redirects=False,  # the key must go to no other host
                stream=True,
                **self._surroundings,
            ) as answer:
                body = _read_body(path, answer, ends)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise errors.Upstream(f"{path}: {type(error).__name__}") from None
        return parse_response(path, answer.status_code, answer.headers, body)

    def _session(self) -> requests.Session:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> requests.Session:
        import requests

        from chalicelib.social.one_host import OneHost

        session = requests.Session()
        session.mount(self._base, OneHost(pool_maxsize=self._effort.connections))
        return session

    @cached_property
    def _blank(self) -> requests.PreparedRequest:
        """A request without its URL, prepared once."""
        import requests

        try:
            return requests.Request("GET", self._base, headers=self._headers).prepare()
        except (requests.RequestException, ValueError):  # their messages show the key
            raise errors.ApiConfiguration("the key or the host cannot be sent") from None

    @cached_property
    def _surroundings(self) -> dict[str, Any]:
        """Proxies and certificates from the environment, looked up once: requests would look them
        up for each call, at a fifth of the call's cost."""
        found = self._session().merge_environment_settings(self._base, {}, None, None, None)
        return {name: found[name] for name in ("proxies", "verify", "cert")}


def _read_body(path: str, answer: requests.Response, ends: float) -> bytearray:
    """The whole body, if it arrives in time: one that trickles must not use up a Lambda."""
    body = bytearray()
    while piece := answer.raw.read1(_CHUNK, decode_content=True):
        body += piece
        if len(body) > LONGEST_BODY:
            raise errors.Malformed(f"{path}: more than {LONGEST_BODY} bytes")
        if time.monotonic() > ends:
            raise TimeoutError
    return body


def _wait(state: RetryCallState) -> float:
    """Exponential with full jitter from half a second; Retry-After if the API sent one."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, errors.ApiError) and error.retry_after is not None:
        return error.retry_after
    longest = 2 if isinstance(error, errors.RateLimited) else 10
    return wait_random_exponential(multiplier=0.5, max=longest)(state)
