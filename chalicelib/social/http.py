"""The one way to either API: pooled, timed out, limited, retried, counted, and judged.

`Api.get` answers what its reader makes of a good answer and raises an `ApiError` for all else;
`Fallback` goes on to another host where the first is closed.
Facts about statuses and bodies: recorded answers of both products behind RapidAPI's gateway.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from chalicelib.social import errors

if TYPE_CHECKING:
    import requests
    from tenacity import RetryCallState, Retrying

_ENDPOINT = re.compile(r"(this )?endpoint ", re.IGNORECASE)
_QUOTA = re.compile(r"exceeded the (\w+) quota", re.IGNORECASE)
_NOT_FOUND_CODES = {10202, 10204, 10221}
_BUSY_CODES = {4}
_LONGEST_WAIT = 30.0
_RATE_PATIENCE = 3
_CHUNK = 64 * 1024


Json = dict[str, Any]
Read = TypeVar("Read")


class Api:
    """One host with one key. `host` is a bare host name, or a URL such as http://127.0.0.1:8099.

    `permit` blocks until a path may be called, or raises why it may not; `trip` is told of what
    no further call of a path will mend. `outcomes` counts the requests sent by (path, "ok" or
    error kind), retries included. Timeouts are seconds. Fit to be called by as many threads at a
    time as it has `connections`.
    """

    def __init__(
        self,
        host: str,
        key: str,
        permit: Callable[[str], None],
        trip: Callable[[str, errors.ApiError], None] = lambda path, error: None,
        timeout: float = 20,
        attempts: int = 4,
        connections: int = 10,
    ) -> None:
        self._base = host.rstrip("/") if "://" in host else f"https://{host}"
        self._headers = {
            "X-RapidAPI-Key": key,
            "X-RapidAPI-Host": urlsplit(self._base).hostname or host,
            "x-cache-control": "no-cache",
        }
        self._permit = permit
        self._trip = trip
        self._timeout = (timeout / 4, timeout)
        self._attempts = attempts
        self._connections = connections
        self._opened: requests.Session | None = None
        self._lock = Lock()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def spent(self) -> Counter[tuple[str, str]]:
        """`outcomes` as they stand now."""
        with self._lock:
            return Counter(self.outcomes)

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        """GET `path`; what `read` makes of the answer's JSON object. Raises an ApiError.

        `read` raises Malformed for an envelope it does not know; that too is tried again.
        """
        answer: Read = self._retrying(self._counted, path, read, parameters)
        return answer

    @cached_property
    def _retrying(self) -> Retrying:
        from tenacity import Retrying, retry_if_exception

        return Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, errors.ApiError) and e.retry),
            stop=self._has_tried_enough,
            wait=_wait,
            reraise=True,
        )

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        """A call that came too fast only has to wait: it gets more tries than one that fails."""
        error = state.outcome.exception() if state.outcome else None
        patience = _RATE_PATIENCE if isinstance(error, errors.RateLimited) else 1
        return state.attempt_number >= self._attempts * patience

    def close(self) -> None:
        """Closes the pooled connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _counted(
        self, path: str, read: Callable[[Json], Read], parameters: Mapping[str, str | int]
    ) -> Read:
        self._session()  # ready before the permit: what is allowed now is sent now
        self._permit(path)
        outcome = "ok"
        try:
            return read(self._get_once(path, parameters))
        except errors.ApiError as error:
            outcome = error.kind
            if error.elsewhere:
                self._trip(path, error)
            raise
        finally:
            with self._lock:
                self.outcomes[path, outcome] += 1

    def _get_once(self, path: str, parameters: Mapping[str, str | int]) -> Json:
        import requests
        from urllib3.exceptions import HTTPError

        request = self._blank.copy()
        request.url = f"{self._base}{path}?{urlencode(parameters)}"
        deadline = time.monotonic() + sum(self._timeout)
        try:
            with self._session().send(
                request,
                timeout=self._timeout,
                allow_redirects=False,  # the key goes to this host and no other
                stream=True,
                **self._surroundings,
            ) as answer:
                body = _read_body(answer, deadline)
        except (requests.RequestException, HTTPError, TimeoutError) as error:
            raise errors.Upstream(f"{path}: {type(error).__name__}") from error
        return judge(path, answer.status_code, answer.headers, body)

    def _session(self) -> requests.Session:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> requests.Session:
        import requests

        from chalicelib.social.one_host import OneHost

        session = requests.Session()
        session.mount(self._base, OneHost(pool_maxsize=self._connections))
        return session

    @cached_property
    def _blank(self) -> requests.PreparedRequest:
        """A request without its address, prepared once."""
        import requests

        return requests.Request("GET", self._base, headers=self._headers).prepare()

    @cached_property
    def _surroundings(self) -> dict[str, Any]:
        """Proxies and certificates that the environment names, looked up once: requests would
        look for each call, at a fifth of the call's cost."""
        found = self._session().merge_environment_settings(self._base, {}, None, None, None)
        return {name: found[name] for name in ("proxies", "verify", "cert")}


class Fallback:
    """The first of these that is open: a refused key or a used-up quota moves on to the next."""

    def __init__(self, *apis: Api) -> None:
        self._apis = apis

    def spent(self) -> Counter[tuple[str, str]]:
        """The requests sent over all of them."""
        return sum((api.spent() for api in self._apis), Counter())

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        """As Api.get. Raises what the last one raised."""
        for api in self._apis[:-1]:
            try:
                return api.get(path, read, **parameters)
            except errors.ApiError as error:
                if not error.elsewhere:
                    raise
        return self._apis[-1].get(path, read, **parameters)

    def close(self) -> None:
        for api in self._apis:
            api.close()


def _read_body(answer: requests.Response, deadline: float) -> bytes:
    """The whole body, if it comes in time: one that drips must not use up a Lambda."""
    body = bytearray()
    while piece := answer.raw.read1(_CHUNK, decode_content=True):
        body += piece
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def judge(path: str, status: int, headers: Mapping[str, str], body: bytes) -> Json:
    """The JSON object of a good answer; the ApiError that a bad one stands for. Pure."""
    data = _json(body)
    text = _message(data)
    where = f"{path}: {status} {text}".strip()
    if status == 404 and not _ENDPOINT.match(text):
        raise errors.NotFound(where, explicit=bool(text))
    if status in (401, 403, 404):
        raise _refusal(text)(where)
    if status == 429:
        if _QUOTA.search(text):
            reset = _seconds(headers.get("x-ratelimit-requests-reset"))
            raise errors.QuotaExceeded(where, reset)
        raise errors.RateLimited(where, _seconds(headers.get("Retry-After")))
    if status >= 500 or status == 408:
        raise errors.Upstream(where, _seconds(headers.get("Retry-After")))
    if status == 202 or status >= 400:
        raise errors.Business(where)
    if not isinstance(data, dict):
        raise errors.Malformed(f"{path}: {status}, {len(body)} bytes that are no JSON object")
    _refuse_business_errors(path, data)
    return data


def _refusal(text: str) -> type[errors.ApiError]:
    if _ENDPOINT.match(text):
        return errors.EndpointRefused
    return errors.ApiConfiguration


def _refuse_business_errors(path: str, data: Mapping[str, Any]) -> None:
    inner = data.get("data")
    for envelope in (data, inner if isinstance(inner, Mapping) else {}):
        codes = (str(envelope.get(name) or 0) for name in ("statusCode", "status_code"))
        code = next((code for code in codes if code != "0"), None)
        if code:
            number = int(code) if re.fullmatch(r"-?[0-9]{1,9}", code) else -1
            where = f"{path}: code {code} {_message(envelope)}".strip()
            if number in _BUSY_CODES:
                raise errors.Upstream(where)
            raise (errors.NotFound if number in _NOT_FOUND_CODES else errors.Business)(where)
    if data.get("success") is False or isinstance(data.get("error"), str):
        raise errors.Business(f"{path}: {_message(data)}")


def _json(body: bytes) -> Any:
    import json

    try:
        return json.loads(body)
    except ValueError:
        return None


def _message(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    names = ("message", "messages", "detail", "error", "status_msg", "statusMsg")
    found = next((data[name] for name in names if isinstance(data.get(name), str)), "")
    return str(found)[:200]


def _seconds(text: str | None) -> float | None:
    """Seconds from a number or an HTTP date; None for anything else."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def _wait(state: RetryCallState) -> float:
    """Exponential with full jitter from half a second; Retry-After where the API named one."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, errors.ApiError) and error.retry_after is not None:
        return min(error.retry_after, _LONGEST_WAIT)
    longest = 2 if isinstance(error, errors.RateLimited) else 10
    return wait_random_exponential(multiplier=0.5, max=longest)(state)
