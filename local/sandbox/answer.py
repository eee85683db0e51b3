"""What both products share: requests, answers and their delivery, the gateway's errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Params = Mapping[str, str]
Product = Literal["instagram", "tiktok"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer is delivered: seconds before its first byte, and seconds its body takes.

    With a `sent_share` below one the connection is closed after that share of the body; `reset`
    closes it before any byte.
    """

    delay_seconds: float = 0.0
    body_seconds: float = 0.0
    sent_share: float = 1.0
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a body: JSON, or text that is sent as it is."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery()


def product_of(path: str) -> Product:
    """The product that has the path; a path of neither counts as TikTok's."""
    return "instagram" if path.startswith("/v1/") else "tiktok"


def unknown_endpoint(path: str) -> Answer:
    """The gateway's answer for a path that the product does not have."""
    return Answer(404, {"message": f"Endpoint '{path}' does not exist"})


def bad_key() -> Answer:
    """The gateway's answer to a request without a usable key."""
    docs = "https://docs.rapidapi.com/docs/keys"
    return Answer(401, {"message": f"Invalid API key. Go to {docs} for more info."})


def not_found(what: str) -> Answer:
    """The Instagram product's answer for an `Account` or `Media` that it does not find."""
    return Answer(404, {"detail": f"{what} not found or unavailable"})


def business_error(code: int, message: str) -> Answer:
    """A 200 with which the TikTok product reports an error."""
    body = {"statusCode": code, "status_code": code, "status_msg": message}
    return Answer(200, {"extra": {"fatal_item_ids": []}, **body})


def whole_number(text: str | None, default: int = 0) -> int:
    """The number in a parameter, or the default if there is none."""
    return int(text) if text and text.isdecimal() else default
