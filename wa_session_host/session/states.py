"""What each event means for a session: its next state, what happens to the child, who is told.

Pure data and one function. docs/wa_session_recovery.md is generated from REACTIONS. The library's
behaviour behind each row is that of neonize 0.5.2 over whatsmeow, seen with the unmodified wheel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, get_args

State = Literal[
    "starting",
    "pairing",
    "connected",
    "reconnecting",
    "replaced",
    "logged_out",
    "banned",
    "outdated",
    "stopped",
]
Event = Literal[
    "child_started",
    "qr",
    "paired",
    "pair_failed",
    "qr_expired",
    "connected",
    "disconnected",
    "keep_alive_timeout",
    "keep_alive_restored",
    "offline_too_long",
    "start_too_long",
    "stream_replaced",
    "replaced_again",
    "logged_out",
    "unlinked",
    "temporary_ban",
    "client_outdated",
    "connect_failure",
    "stream_error",
    "undecryptable",
    "undecryptable_rate",
    "send_timed_out",
    "connect_ended",
    "child_died",
    "child_silent",
    "restart_asked",
    "lease_lost",
    "lease_held",
]
AlertKind = Literal[
    "replaced", "logged_out", "banned", "outdated", "connection", "undecryptable", "send_limit"
]


class Child(StrEnum):
    """What happens to the child process."""

    KEEP = "continues"
    STOP = "is stopped until somebody acts"
    RESTART = "is restarted, after a backoff"
    RESTART_NOW = "is restarted at once"
    RETRY_ONCE = "is stopped, and started once more after 30 seconds"
    AFTER_BAN = "is stopped until the ban is over, with a margin"


@dataclass(frozen=True)
class Reaction:
    """`state` None: the session stays in the state it has."""

    state: State | None
    child: Child
    alert: AlertKind | None
    why: str


FINAL: frozenset[State] = frozenset({"replaced", "logged_out", "banned", "outdated", "stopped"})
"""States that only the host or a person ends, not what the library still reports."""

CONSUMES: frozenset[State] = frozenset({"connected"})
"""States in which messages are taken from the queue."""

BARRING: frozenset[Event] = frozenset({"temporary_ban", "replaced_again", "client_outdated"})
"""Events after which only time or a person brings the session back, not the lease."""

REACTIONS: dict[Event, Reaction] = {
    "child_started": Reaction("starting", Child.KEEP, None, "A new child opened the session."),
    "qr": Reaction("pairing", Child.KEEP, None, "No device is linked; the page shows the code."),
    "paired": Reaction("starting", Child.KEEP, None, "The phone linked it; it logs in next."),
    "pair_failed": Reaction(
        "pairing", Child.RESTART, None, "The phone's answer could not be used; new codes follow."
    ),
    "qr_expired": Reaction(
        "pairing",
        Child.RESTART_NOW,
        None,
        "Nobody scanned for 160 seconds; the library ends the connection and requests no "
        "further codes by itself.",
    ),
    "connected": Reaction("connected", Child.KEEP, None, "Logged in; messages go out."),
    "disconnected": Reaction(
        "reconnecting", Child.KEEP, None, "The connection was lost; the library reconnects."
    ),
    "keep_alive_timeout": Reaction(
        "reconnecting", Child.KEEP, None, "WhatsApp did not answer; the library keeps trying."
    ),
    "keep_alive_restored": Reaction("connected", Child.KEEP, None, "WhatsApp answers again."),
    "offline_too_long": Reaction(
        "reconnecting", Child.RESTART, "connection", "Not connected for ten minutes."
    ),
    "start_too_long": Reaction(
        "starting", Child.RESTART, None, "A child neither connected nor showed a code in time."
    ),
    "stream_replaced": Reaction(
        "replaced",
        Child.RETRY_ONCE,
        None,
        "Another program connected as the same device. The lease decides whether to try again.",
    ),
    "replaced_again": Reaction(
        "replaced", Child.STOP, "replaced", "Replaced again: somebody else uses this session."
    ),
    "logged_out": Reaction(
        "logged_out",
        Child.RESTART,
        "logged_out",
        "WhatsApp removed the device (401, 403, 406). It is paired again; an old session store is "
        "never restored.",
    ),
    "unlinked": Reaction(
        "logged_out", Child.RESTART, None, "Somebody pressed the page's log-out button."
    ),
    "temporary_ban": Reaction(
        "banned", Child.AFTER_BAN, "banned", "WhatsApp banned the account temporarily (402)."
    ),
    "client_outdated": Reaction(
        "outdated", Child.STOP, "outdated", "WhatsApp refuses this version (405): upgrade neonize."
    ),
    "connect_failure": Reaction(
        "reconnecting",
        Child.RESTART,
        "connection",
        "WhatsApp refused the login for another reason.",
    ),
    "stream_error": Reaction(
        "reconnecting", Child.RESTART, "connection", "WhatsApp closed the stream with an error."
    ),
    "undecryptable": Reaction(
        None,
        Child.KEEP,
        None,
        'A received message cannot be read ("Bad MAC" of older gateways). It recovers by itself: '
        "it is counted, and **the session is never wiped for it**.",
    ),
    "undecryptable_rate": Reaction(
        None, Child.KEEP, "undecryptable", "More than 30 of them within ten minutes."
    ),
    "send_timed_out": Reaction(
        "reconnecting",
        Child.RESTART,
        "send_limit",
        "A send had no outcome after 120 seconds; its message becomes `uncertain`.",
    ),
    "connect_ended": Reaction(
        "reconnecting",
        Child.RESTART,
        None,
        "The library gave up: no network, or an event it does not know.",
    ),
    "child_died": Reaction("reconnecting", Child.RESTART, None, "The child ended by itself."),
    "child_silent": Reaction(
        "reconnecting", Child.RESTART, None, "The child gave no sign of life for 15 seconds."
    ),
    "restart_asked": Reaction(
        "starting", Child.RESTART_NOW, None, "Somebody pressed the page's restart button."
    ),
    "lease_lost": Reaction(
        "stopped", Child.STOP, None, "Another host owns the account, or nobody can say who does."
    ),
    "lease_held": Reaction("starting", Child.RESTART_NOW, None, "This host owns the account."),
}

_IGNORED = Reaction(None, Child.KEEP, None, "It means nothing in this state.")
_LEAVE_FINAL: frozenset[Event] = frozenset(
    {
        "child_started",
        "stream_replaced",
        "replaced_again",
        "logged_out",
        "unlinked",
        "temporary_ban",
        "client_outdated",
        "restart_asked",
        "lease_lost",
    }
)


def react(state: State, event: Event, barred_by: Event | None = None) -> Reaction:
    """What the event means in this state. Few events end a final state; `stopped` ends only when
    the lease is held again, and then leads back to what had barred the session, if anything."""
    if state == "stopped":
        if event == "lease_held" and barred_by is not None:
            return replace(REACTIONS[barred_by], alert=None)
        return REACTIONS[event] if event in ("lease_held", "child_started") else _IGNORED
    if event == "lease_held" or (event == "qr_expired" and state != "pairing"):
        return _IGNORED
    if state in FINAL and event not in _LEAVE_FINAL:
        return _IGNORED
    return REACTIONS[event]


STATES: tuple[State, ...] = get_args(State)
EVENTS: tuple[Event, ...] = get_args(Event)
