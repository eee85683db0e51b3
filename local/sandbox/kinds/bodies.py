"""Unusable answers with a good status, and the product's own errors."""

from local.sandbox.answer import Answer, business_error
from local.sandbox.kinds.registry import Call, kind


@kind(instead=True)
def html(_call: Call) -> Answer:
    """200 with an HTML page."""
    page = "<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>"
    return Answer(200, page, {"Content-Type": "text/html; charset=utf-8"})


@kind(instead=True)
def empty_200(_call: Call) -> Answer:
    """200 without a body."""
    return Answer(200, "")


@kind(instead=True)
def no_content_204(_call: Call) -> Answer:
    """204."""
    return Answer(204, "")


@kind(instead=True)
def wrong_envelope(_call: Call) -> Answer:
    """200 with a JSON object that has neither `data` nor items."""
    return Answer(200, {"status": "ok", "result": {"edges": []}})


@kind(instead=True)
def json_array(_call: Call) -> Answer:
    """200 with an empty JSON array instead of an object."""
    return Answer(200, [])


@kind(instead=True)
def business(
    _call: Call,
    *,
    code: int = 4,
    message: str = "Server is currently unavailable. Please try again later.",
) -> Answer:
    """200 with a `status_code` that reports an error; 4 is busy."""
    return business_error(code, message)


@kind(instead=True)
def validation_202(_call: Call, *, message: str = "Validation failed") -> Answer:
    """202 with `success` false and the reason as `error`."""
    return Answer(202, {"success": False, "error": message})
