"""What the WhatsApp host tells the operators: accounts in trouble, messages that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.samples.invented import at
from wa_session_host.alerts import texts as alert_texts
from wa_session_host.sending.attempt import Attempt
from wa_session_host.sending.transport import OutcomeUnknown, Outgoing, Rejected
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import AlertKind

_MESSAGE = Outgoing("gateway", "120363000000000001@g.us", "Apel pagi", "key")
_ATTEMPT = Attempt(812, "POLRES_X", "changes", 1, 5, at(17, 12), _MESSAGE)


def _account(kind: AlertKind) -> Callable[[], str]:
    shot = Snapshot("gateway", "banned", at(17, 12), banned_until=at(19))
    return lambda: alert_texts.session("gateway", kind, shot, at(17, 12))


def failed_refused() -> str:
    """A message that WhatsApp refused, the first of its hour."""
    error = Rejected("the account may not write to this chat (463)", code=463, alert="reach")
    return alert_texts.message(_ATTEMPT, "dead_letter", error, at(17, 12))


def failed_uncertain() -> str:
    """A message of which nobody knows whether it went out, the first of its hour."""
    error = OutcomeUnknown("timed out waiting for message send response")
    return alert_texts.message(_ATTEMPT, "uncertain", error, at(17, 12))


SAMPLES: Mapping[str, Callable[[], str]] = {
    "account-connection": _account("connection"),
    "account-logged-out": _account("logged_out"),
    "account-banned": _account("banned"),
    "account-replaced": _account("replaced"),
    "account-outdated": _account("outdated"),
    "account-undecryptable": _account("undecryptable"),
    "account-send-limit": _account("send_limit"),
    "failed-refused": failed_refused,
    "failed-uncertain": failed_uncertain,
}
