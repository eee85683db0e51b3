"""What a WhatsApp account can do for the host, and how it may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Outgoing:
    """A message to send. `key` is its idempotency key; `chat` a WhatsApp chat id."""

    session: str
    chat: str
    text: str
    key: str


class Transport(Protocol):
    """A logged-in WhatsApp account."""

    def ready(self) -> bool:
        """Whether a message can go out now; nothing is taken from the queue while not."""

    def send(self, message: Outgoing) -> str:
        """Sends and answers WhatsApp's message id. Raises NotSent, Rejected or OutcomeUnknown."""

    def was_sent(self, message: Outgoing) -> bool | None:
        """Whether this message went out in an earlier life of the process; None: cannot say."""

    def close(self) -> None:
        """Lets go of the account."""


class TransportError(Exception):
    """Base of what `send` raises.

    `code` is WhatsApp's number, 0 where there is none. `slow_down`: WhatsApp asks for fewer
    messages. `alert`: what the operators must be told of, besides that the message failed.
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
    """It certainly did not go out; trying again is safe."""


class Rejected(TransportError):
    """WhatsApp refused it for good; trying again is useless."""


class OutcomeUnknown(TransportError):
    """It may or may not have gone out; only a person may send it again."""
