"""What a response is: a JSON object, or the ApiError that it represents. Pure.

The facts about statuses and bodies come from recorded responses of both products behind RapidAPI's
gateway.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.social import errors
from chalicelib.social.content import text as plain

_GATEWAY = re.compile(
    r"you are not subscribed to this api|invalid api key|missing rapidapi application key",
    re.IGNORECASE,
)
_ENDPOINT = re.compile(r"this endpoint is disabled|endpoint '.*' does not exist", re.IGNORECASE)
_QUOTA = re.compile(r"exceeded the (\w+) quota", re.IGNORECASE)
_NOT_FOUND_CODES = {10202, 10204, 10221}
_BUSY_CODES = {4}
_DAY_SECONDS = 86_400.0

Json = dict[str, Any]


def parse_response(
    path: str, status: int, headers: Mapping[str, str], body: bytes | bytearray
) -> Json:
    """The JSON object of a good response; raises the ApiError that a bad one represents.

    Only the gateway's own words mean that a key or an endpoint is refused; any other 401 or 403 is
    about the requested account. A 202 that names no error means not ready yet.
    """
    data = _json(body)
    text = _message(data)
    where = f"{path}: {status} {text}".strip()
    if status in (401, 403, 404):
        raise _refusal(status, where, text)
    if status == 429:
        raise _too_many(where, text, headers)
    if status >= 500 or status == 408:
        raise errors.Upstream(where, _seconds(headers.get("Retry-After")))
    if status >= 400:
        raise errors.Business(where)
    if isinstance(data, dict):
        _refuse_business_errors(path, data)
    if status == 202:
        raise errors.Upstream(f"{path}: 202, not ready yet", _seconds(headers.get("Retry-After")))
    if not isinstance(data, dict):
        raise errors.Malformed(f"{path}: {status}, {len(body)} bytes that are no JSON object")
    return data


def _too_many(where: str, text: str, headers: Mapping[str, str]) -> errors.ApiError:
    if _QUOTA.search(text):
        return errors.QuotaExceeded(where, _seconds(headers.get("x-ratelimit-requests-reset")))
    return errors.RateLimited(where, _seconds(headers.get("Retry-After")))


def _refusal(status: int, where: str, text: str) -> errors.ApiError:
    if _ENDPOINT.match(text):
        return errors.EndpointRefused(where)
    if status == 404:
        return errors.NotFound(where, explicit=bool(text))
    return (errors.ApiConfiguration if _GATEWAY.match(text) else errors.AccountRefused)(where)


def _refuse_business_errors(path: str, data: Mapping[str, Any]) -> None:
    inner = data.get("data")
    for envelope in (data, inner if isinstance(inner, Mapping) else {}):
        codes = (_code(envelope.get(name)) for name in ("statusCode", "status_code"))
        code = next((code for code in codes if code != "0"), None)
        if code:
            number = int(code) if re.fullmatch(r"-?[0-9]{1,9}", code) else -1
            where = f"{path}: code {code} {_message(envelope)}".strip()
            if number in _BUSY_CODES:
                raise errors.Upstream(where)
            raise (errors.NotFound if number in _NOT_FOUND_CODES else errors.Business)(where)
    if data.get("success") is False or isinstance(data.get("error"), str):
        raise errors.Business(f"{path}: {_message(data)}")


def _code(value: Any) -> str:
    """A code as text, 0 if there is none."""
    if isinstance(value, dict | list):
        return "?" if value else "0"
    return plain(value or 0)[:20]


def _json(body: bytes | bytearray) -> Any:
    """The parsed body; None if it is not JSON, or nested too deeply."""
    import json

    try:
        return json.loads(body, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None


def _message(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    names = ("message", "messages", "detail", "error", "status_msg", "statusMsg")
    found = next((data[name] for name in names if isinstance(data.get(name), str)), "")
    return plain(found[:200])


def _seconds(text: str | None) -> float | None:
    """Seconds from a number or an HTTP date, at most a day; None for anything else."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, LookupError):
            return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), _DAY_SECONDS)
