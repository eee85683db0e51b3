"""What a WhatsApp account can do for the host, and how it may fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True)
class File:
    """A file that goes with a message. `name` is shown to the recipient of a document."""

    kind: Literal["image", "document"]
    name: str
    mime_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Outgoing:
    """A message to send. `key` is its idempotency key; `chat` a WhatsApp chat id. With a `file` the
    text is its caption."""

    session: str
    chat: str
    text: str
    key: str
    file: File | None = None


class Transport(Protocol):
    """A logged-in WhatsApp account."""

    def ready(self) -> bool:
        """Whether a message can go out now; until then nothing is taken from the queue."""

    def send(self, message: Outgoing) -> str:
        """Sends and returns WhatsApp's message id. Raises NotSent, Rejected or OutcomeUnknown."""

    def was_sent(self, message: Outgoing) -> bool | None:
        """Whether an earlier process sent this message; None if that is not known."""

    def close(self) -> None:
        """Releases the account."""


class TransportError(Exception):
    """Base of what `send` raises.

    `code` is WhatsApp's number, or 0. `slow_down`: WhatsApp asks for fewer messages. `alert`: what
    the operators must be told besides that the message failed.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        code: int = 0,
        slow_down: bool = False,
        alert: Literal["group", "reach"] | None = None,
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.slow_down = slow_down
        self.alert = alert


class NotSent(TransportError):
    """It certainly did not go out; it is safe to try again."""


class Rejected(TransportError):
    """WhatsApp refused it for good; it is useless to try again."""


class OutcomeUnknown(TransportError):
    """It may or may not have gone out; only a person may send it again."""
