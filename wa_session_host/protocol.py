"""The messages between the host and an account's child process: one JSON object per line.

Orders go to the child, reports come back. Every order except `Connect` and `Stop` has an id, and
the child answers each of them once, with `Answered`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import (
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Question(_Line):
    id: int


class Connect(_Line):
    """The first order: open this session store and connect. `store` may hold a password."""

    order: Literal["connect"] = "connect"
    account: str
    store: str
    proxy_url: str | None = None


class Stop(_Line):
    """Disconnect and end."""

    order: Literal["stop"] = "stop"


class Ping(_Question):
    """Answered with a Pong."""

    order: Literal["ping"] = "ping"


class SentFile(_Line):
    """A file that is sent; `data` are its bytes in base64."""

    kind: Literal["image", "document"]
    name: str
    mime_type: str
    data: Base64Bytes = Field(repr=False)


class Send(_Question):
    """Sends a text, or a file with the text as its caption; answered with WhatsApp's message id."""

    order: Literal["send"] = "send"
    chat: str
    text: str
    file: SentFile | None = None


class PairPhone(_Question):
    """Answered with the code to type on the phone. `phone` is 62812…, digits only."""

    order: Literal["pair_phone"] = "pair_phone"
    phone: str


class JoinedGroups(_Question):
    """Answered with a list of Group."""

    order: Literal["joined_groups"] = "joined_groups"


class GroupInfo(_Question):
    """Answered with the group's name; an error where the account is not in it."""

    order: Literal["group_info"] = "group_info"
    chat: str


class Logout(_Question):
    """Unlinks the device from the phone; answered with null."""

    order: Literal["logout"] = "logout"


Asked = Ping | Send | PairPhone | JoinedGroups | GroupInfo | Logout
Order = Connect | Stop | Asked


Value = JsonValue


class Answered(_Line):
    """The result of order `id`: `error` is the library's text, or null."""

    report: Literal["answer"] = "answer"
    id: int
    value: Value = None
    error: str | None = None


class Pong(_Line):
    """Both are true while messages can go out, `connected` alone while a code can be scanned."""

    connected: bool
    logged_in: bool


class Group(_Line):
    """A group that the account is in. `id` is its chat id; `members` counts its participants."""

    id: str
    name: str
    members: int


class Begun(_Line):
    """The child starts to send `id` now: from here on only its answer tells the outcome."""

    report: Literal["begun"] = "begun"
    id: int


class Qr(_Line):
    """A new pairing code to show; it replaces the previous one."""

    report: Literal["qr"] = "qr"
    code: str


EventName = Literal[
    "paired",
    "pair_failed",
    "connected",
    "disconnected",
    "keep_alive_timeout",
    "keep_alive_restored",
    "stream_replaced",
    "logged_out",
    "temporary_ban",
    "client_outdated",
    "connect_failure",
    "stream_error",
    "undecryptable",
]
"""The library's events that the host is told of."""


class Happened(_Line):
    """An event of the library. `code` is its number or text; `seconds` a ban's length."""

    report: Literal["happened"] = "happened"
    event: EventName
    code: str = ""
    seconds: int = 0


class RetryReceipt(_Line):
    """A recipient could not read these messages and asks for them again."""

    report: Literal["retry_receipt"] = "retry_receipt"
    message_ids: list[str]


class Ended(_Line):
    """The library's connect() returned, or raised this error; the child ends now."""

    report: Literal["ended"] = "ended"
    error: str = ""


Report = Answered | Begun | Qr | Happened | RetryReceipt | Ended

GROUPS: TypeAdapter[list[Group]] = TypeAdapter(list[Group])
_T = TypeVar("_T")
_ORDERS: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="order")])
_REPORTS: TypeAdapter[Report] = TypeAdapter(Annotated[Report, Field(discriminator="report")])


class BadLine(ValueError):
    """A line that is not an order or report of this version. The text quotes none of it."""


def line(message: Order | Report) -> str:
    """The message as it is written to the pipe, newline included."""
    return message.model_dump_json() + "\n"


def read_order(text: str) -> Order:
    """The order of a line. Raises BadLine."""
    return _read(_ORDERS, text)


def read_report(text: str) -> Report:
    """The report of a line. Raises BadLine."""
    return _read(_REPORTS, text)


def _read(adapter: TypeAdapter[_T], text: str) -> _T:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)[0]
        raise BadLine(f"{details['type']} at {details['loc']}") from None
