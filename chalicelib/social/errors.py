"""What can go wrong with an API call.

    ApiError
    ├── ApiConfiguration   key, subscription or endpoint: not retried
    ├── QuotaExceeded      the plan's quota is used up: not retried
    ├── RateLimited        too fast: retried, after Retry-After where given
    ├── Upstream           5xx, time-out, lost connection: retried
    ├── Malformed          an answer that is none: empty, HTML, wrong envelope: retried
    ├── Business           the API says no, with a code of its own: not retried
    └── NotFound           the account or post is gone: not retried

`kind` is what reports group by.
"""

from __future__ import annotations

from chalicelib.errors import CiceroError


class ApiError(CiceroError):
    """Base of the tree; `retry` tells whether another try may help."""

    kind = "api"
    retry = False


class ApiConfiguration(ApiError):
    """401 or 403: the key, the subscription or the endpoint is wrong."""

    kind = "api_configuration"


class QuotaExceeded(ApiError):
    """429 with a daily or monthly quota: no call succeeds before it is reset."""

    kind = "quota"


class RateLimited(ApiError):
    """429 per second, minute or hour. `retry_after` in seconds, where the API named one."""

    kind = "rate_limit"
    retry = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Upstream(ApiError):
    """The API or the way to it failed."""

    kind = "upstream"
    retry = True


class Malformed(ApiError):
    """An answer without the shape the API promises; it never means "no posts"."""

    kind = "malformed"
    retry = True


class Business(ApiError):
    """A 200 that says no: private account, banned account, validation."""

    kind = "business"


class NotFound(ApiError):
    """The account or post does not exist (any more)."""

    kind = "not_found"
