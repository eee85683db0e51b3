"""What both products share: requests, answers and the errors of RapidAPI's gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a body: JSON, or text that goes out as it is."""

    status: int
    body: Any


def unknown_endpoint(path: str) -> Answer:
    """What the gateway says of a path that the product does not have."""
    return Answer(404, {"message": f"Endpoint '{path}' does not exist"})


def bad_key() -> Answer:
    """What the gateway says to a request without a usable key."""
    docs = "https://docs.rapidapi.com/docs/keys"
    return Answer(401, {"message": f"Invalid API key. Go to {docs} for more info."})


def whole_number(text: str | None, default: int = 0) -> int:
    """The number in a parameter, the default where there is none."""
    return int(text) if text and text.isdecimal() else default
