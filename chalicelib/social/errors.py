"""What can go wrong with an API call.

    ApiError
    ├── ApiConfiguration   key or subscription: not retried
    │   └── EndpointRefused  one endpoint only: not retried
    ├── QuotaExceeded      the plan's quota is used up: not retried
    │   └── BudgetSpent    our own daily budget is: not retried
    ├── RateLimited        too fast: retried, after Retry-After if given
    ├── Upstream           5xx, time-out, lost connection: retried
    ├── Malformed          not a usable response: empty, HTML, wrong envelope: retried
    ├── Business           the API says no, with a code of its own: not retried
    ├── AccountRefused     401 or 403 about one account: not retried
    ├── NotFound           the account or post is gone: not retried
    ├── NoTime             the invocation is ending; nothing was sent: not retried
    └── Unforeseen         any other error: not retried

`kind` is what reports group by.
"""

from __future__ import annotations

import logging
import traceback

from chalicelib.errors import CiceroError

log = logging.getLogger(__name__)

_FRAMES = 20


class ApiError(CiceroError):
    """Base of the tree; `retry` says whether a retry may help, `failover` whether the fallback host
    may. `retry_after`: seconds, if the API named them."""

    kind = "api"
    retry = False
    failover = False

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ApiConfiguration(ApiError):
    """401 or 403 in the gateway's own words, or for many accounts: the key or the subscription is
    refused."""

    kind = "api_configuration"
    failover = True


class EndpointRefused(ApiConfiguration):
    """The endpoint is disabled for the subscription, or does not exist on this host."""


class QuotaExceeded(ApiError):
    """429 with a daily or monthly quota: no call succeeds before it is reset, in `reset_seconds` if
    the API said so."""

    kind = "quota"
    failover = True

    def __init__(self, message: str, reset_seconds: float | None = None) -> None:
        super().__init__(message)
        self.reset_seconds = reset_seconds


class BudgetSpent(QuotaExceeded):
    """RAPIDAPI_DAILY_BUDGET calls were made today."""

    kind = "budget"
    failover = False


class RateLimited(ApiError):
    """429 per second, minute or hour."""

    kind = "rate_limit"
    retry = True


class Upstream(ApiError):
    """The API or the way to it failed."""

    kind = "upstream"
    retry = True


class Malformed(ApiError):
    """A response without the shape the API promises; it never means "no posts"."""

    kind = "malformed"
    retry = True


class Business(ApiError):
    """A 200 that reports a refusal: private account, banned account, validation."""

    kind = "business"


class NotFound(ApiError):
    """The account or post does not exist (any more). `explicit`: the API says so in words or by a
    code; a bare 404 may come from anything along the way."""

    kind = "not_found"

    def __init__(self, message: str, explicit: bool = True) -> None:
        super().__init__(message)
        self.explicit = explicit


class AccountRefused(ApiError):
    """401 or 403 for one account or post, for example a private account."""

    kind = "account_refused"


class NoTime(ApiError):
    """The invocation has no time for another call."""

    kind = "no_time"


class Unforeseen(ApiError):
    """Reading failed in an unforeseen way. The log has the traceback."""

    kind = "unforeseen"


def api_error(error: Exception, where: str) -> ApiError:
    """The error itself if it is an ApiError, otherwise Unforeseen. The log then gets the call stack
    without the message: that might quote a key, a body or a name."""
    if isinstance(error, ApiError):
        return error
    places = "".join(traceback.format_tb(error.__traceback__, limit=-_FRAMES))
    log.error("%s: %s at\n%s", where, type(error).__name__, places)
    return Unforeseen(f"{where}: {type(error).__name__}")
