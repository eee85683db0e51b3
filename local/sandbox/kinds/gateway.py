"""What RapidAPI's gateway answers instead of the product, in its recorded words."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt

from local.sandbox import answer as answers
from local.sandbox.answer import Answer
from local.sandbox.kinds.registry import Call, kind

Status = Annotated[int, Field(ge=200, le=599)]


@kind(instead=True)
def answer(call: Call, *, status: Status | None = None, body: Any = "") -> Answer:
    """This status with this body (a string is sent as it is); without a status the right answer."""
    return call.otherwise() if status is None else Answer(status, body)


@kind(instead=True)
def rate_limit(
    _call: Call,
    *,
    per: Literal["second", "minute", "hour"] = "second",
    retry_after: NonNegativeInt | str | None = None,
) -> Answer:
    """429: too fast. `retry_after`, seconds or a date, is sent as Retry-After."""
    text = f"You have exceeded the rate limit per {per} for your plan, BASIC, by the API provider"
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Answer(429, {"message": text}, headers)


@kind(instead=True)
def quota(
    _call: Call, *, per: Literal["month", "day"] = "month", reset_seconds: NonNegativeInt = 3600
) -> Answer:
    """429: the plan's quota is used up; the headers say for how many seconds."""
    name = {"month": "MONTHLY", "day": "DAILY"}[per]
    text = (
        f"You have exceeded the {name} quota for Requests on your current plan, BASIC. "
        "Upgrade your plan for more requests."
    )
    headers = {
        "x-ratelimit-requests-remaining": "0",
        "x-ratelimit-requests-reset": str(reset_seconds),
    }
    return Answer(429, {"message": text}, headers)


@kind(instead=True)
def bad_key(_call: Call) -> Answer:
    """401: the key is invalid."""
    return answers.bad_key()


@kind(instead=True)
def not_subscribed(_call: Call) -> Answer:
    """403: the key has not subscribed to this API."""
    return Answer(403, {"message": "You are not subscribed to this API."})


@kind(instead=True)
def endpoint_disabled(_call: Call) -> Answer:
    """401: the plan does not include this endpoint."""
    return Answer(401, {"message": "This endpoint is disabled for your subscription"})


@kind(instead=True)
def unknown_path(call: Call) -> Answer:
    """404: the product does not have this endpoint, or no longer has it."""
    return answers.unknown_endpoint(call.path)


@kind(instead=True)
def gone(_call: Call, *, what: Literal["Account", "Media"] = "Media") -> Answer:
    """404 with a `detail`: what was requested is gone."""
    return answers.not_found(what)


@kind(instead=True)
def server_error(_call: Call, *, status: Literal[500, 502, 503] = 500) -> Answer:
    """500, 502 or 503, with the HTML that a proxy makes of it."""
    name = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}[status]
    page = f"<html><head><title>{status} {name}</title></head><body>{name}</body></html>"
    return Answer(status, page, {"Content-Type": "text/html"})


@kind(instead=True)
def timeout_504(_call: Call) -> Answer:
    """504: the product did not answer in time; the text stands under `messages`."""
    text = (
        "The request to the API has timed out. Please try again later, "
        "or if the issue persists, please contact the API provider"
    )
    return Answer(504, {"messages": text})
