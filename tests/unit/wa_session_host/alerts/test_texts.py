"""The host's alerts."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.unit.builders import wib
from wa_session_host.alerts import texts as alert_texts
from wa_session_host.sending.attempt import Attempt
from wa_session_host.sending.transport import OutcomeUnknown, Outgoing, Rejected, TransportError
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import AlertKind

NOW = wib("17:05")
SHOT = Snapshot("gateway", "banned", NOW, banned_until=wib("18:30"))
MESSAGE = Outgoing("gateway", "1@g.us", "Apel pagi", "key")
ATTEMPT = Attempt(7, "POLRES_X", "changes", 1, 5, NOW, MESSAGE)


@pytest.mark.parametrize("kind", get_args(AlertKind))
def test_every_kind_of_trouble_has_a_text_that_names_account_time_and_advice(
    kind: AlertKind,
) -> None:
    head, time, blank, *rest = alert_texts.session("gateway", kind, SHOT, NOW).splitlines()
    assert (head, time, blank) == ("*SESI WHATSAPP gateway*", "17:05 WIB, 20-02-2026", "")
    assert len(rest) >= 2
    assert ("Sampai 18:30 WIB, 20-02-2026." in rest) is (kind == "banned")


@pytest.mark.parametrize(
    ("status", "error", "head", "advice"),
    [
        ("dead_letter", Rejected("x", alert="group"), "*PESAN GAGAL*", "client_group"),
        ("dead_letter", Rejected("x", alert="reach"), "*PESAN GAGAL*", "menyapa"),
        ("dead_letter", Rejected("x"), "*PESAN GAGAL*", "Perbaiki sebabnya"),
        ("uncertain", OutcomeUnknown("x"), "*PESAN TIDAK PASTI*", "Lihat grupnya"),
    ],
)
def test_a_failed_message_is_told_with_its_reason_and_what_to_do(
    status: str, error: TransportError, head: str, advice: str
) -> None:
    text = alert_texts.message(ATTEMPT, status, error, NOW)
    assert text.startswith(head)
    assert "outbox 7, klien POLRES_X\nSebab: x\n" in text
    assert advice in text
