"""One try at sending an outbox row, and what its outcome means for the row. Pure but for jitter."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from wa_session_host.sending.transport import OutcomeUnknown, Outgoing, Rejected, TransportError

Status = Literal["sent", "retrying", "dead_letter", "uncertain"]

_FIRST_RETRY_SECONDS = 5
_LONGEST_RETRY_SECONDS = 300


@dataclass(frozen=True)
class Attempt:
    """A row that is being sent. `number` counts its tries from 1, of `most`; `started` tells this
    try from the others. Operators' messages have no `client_id`. `attachment` describes the file
    that goes with the message."""

    outbox_id: int
    client_id: str | None
    kind: str
    number: int
    most: int
    started: datetime
    message: Outgoing
    attachment: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The try that a row of `outbox.claim` or `outbox.get` describes."""
        return cls(
            outbox_id=row["outbox_id"],
            client_id=row["client_id"],
            kind=row["kind"],
            number=row["attempt"],
            most=row["max_attempts"],
            started=row["started"],
            message=Outgoing(row["session"], row["chat"], row["text"], row["key"]),
            attachment=row["attachment"],
        )


@dataclass(frozen=True)
class Outcome:
    """How a try leaves its row. `delay`: the time until the next try, if there is one. `counts`:
    whether the try is one of those that the row has."""

    status: Status
    delay: timedelta | None = None
    counts: bool = True


OnTry = Callable[[Attempt, Outcome, TransportError | None], None]
"""Is told of each try: how it leaves the row, and the error if it failed."""


def after_failure(error: TransportError, number: int, most: int) -> Outcome:
    """What it means that try `number` of `most` failed.

    Where WhatsApp asks to slow down the message is not at fault: it is tried until it expires.
    """
    if isinstance(error, OutcomeUnknown):
        return Outcome("uncertain")
    if isinstance(error, Rejected) or (number >= most and not error.slow_down):
        return Outcome("dead_letter")
    seconds = min(_FIRST_RETRY_SECONDS * 2 ** (number - 1), _LONGEST_RETRY_SECONDS)
    delay = timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311
    return Outcome("retrying", delay, counts=not error.slow_down)
