"""What the page shows and does, without HTTP: messages, queue, groups, pairing, sessions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib import outbox, queues
from chalicelib.clients import personal_chats
from chalicelib.db import Row
from chalicelib.errors import CiceroError
from chalicelib.runtime import Runtime
from wa_session_host import protocol
from wa_session_host.phone_code import round_to_type_in
from wa_session_host.pipe import ChildGone, ChildRefused, masked
from wa_session_host.snapshot import Snapshot
from wa_session_host.supervisor import Session

if TYPE_CHECKING:
    from wa_session_host.host import Host

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 30.0
_SEND_ENDS_SECONDS = 20.0
_SEND_AGAIN_LIFE = timedelta(minutes=30)
_NOT_HERE = "Akun tidak berjalan di host ini. Lihat Pemilik, atau tunggu sebentar."
_RECENT = 30
_CASES = 50


class Refused(Exception):
    """It cannot be done; the text says why, in the operators' words."""


@dataclass(frozen=True)
class Overview:
    """Everything the first page shows. `database` is false where PostgreSQL does not answer."""

    accounts: list[Snapshot]
    owner: str
    owned: bool
    queue: int | None
    in_flight: int | None
    counts: dict[str, int]
    recent: list[Row]
    cases: list[Row]
    database: bool


class Desk:
    """One for all requests; its connection is used by one of them at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._runtime = Runtime(host.settings)
        self._runtime.queues = host.runtime.queues
        self._lock = Lock()

    def overview(self) -> Overview:
        waiting, in_flight = self._queue()
        counts, recent, cases = self._messages()
        lease = self._host.lease
        return Overview(
            accounts=[session.snapshot for session in self._host.sessions.values()],
            owner=str(lease.other) if lease.other else "",
            owned=lease.held(),
            queue=waiting,
            in_flight=in_flight,
            counts={row["status"]: row["messages"] for row in counts or []},
            recent=recent or [],
            cases=cases or [],
            database=counts is not None,
        )

    def session(self, account: str) -> Session | None:
        return self._host.sessions.get(account)

    def groups(self, session: Session) -> list[dict[str, Any]]:
        """The groups that the account is in, by name. Raises Refused."""
        found = self._ask(session, lambda number: protocol.JoinedGroups(id=number))
        return sorted(found, key=lambda group: str(group["name"]).casefold())

    def pair_phone(self, session: Session, phone: str) -> tuple[str, datetime]:
        """The code to type on the phone, and until when. Raises Refused."""
        chats = personal_chats(phone)
        if len(chats) != 1 or not chats[0].endswith("@s.whatsapp.net"):
            raise Refused("Tulis satu nomor telepon, misalnya 0812…")
        until = round_to_type_in(session, self._runtime.now)
        if until is None:
            raise Refused("Akun tidak sedang menunggu pemasangan. Tunggu sampai QR tampil.")
        digits = chats[0].partition("@")[0]
        code = self._ask(session, lambda n: protocol.PairPhone(id=n, phone=digits))
        return str(code), until

    def unlink(self, session: Session) -> None:
        """Removes this device from the account, once what is being sent is sent. Raises
        Refused."""
        session.sends.let_end(_SEND_ENDS_SECONDS)
        try:
            self._ask(session, lambda number: protocol.Logout(id=number))
        except Refused:
            session.sends.reopen()
            raise
        log.warning("page: account %s was logged out", session.account)
        session.tell("unlinked")

    def reconnect(self, session: Session) -> None:
        """Starts another child, once what is being sent is sent. Raises Refused."""
        if session.snapshot.state == "stopped":
            raise Refused(_NOT_HERE)
        session.sends.let_end(_SEND_ENDS_SECONDS)
        log.warning("page: account %s is restarted", session.account)
        session.tell("restart_asked")

    def send_again(self, outbox_id: int) -> None:
        """Sends a dead letter or an uncertain message after all. Raises Refused, CiceroError."""
        now = self._runtime.now()
        row = self._change(
            "host.send_again", outbox_id=outbox_id, now=now, expires_at=now + _SEND_AGAIN_LIFE
        )
        log.warning("page: outbox row %d is sent again", outbox_id)
        with self._lock:
            outbox.publish(self._runtime, [row])

    def drop(self, outbox_id: int) -> None:
        """Gives a message up. Raises Refused, CiceroError."""
        self._change("host.drop", outbox_id=outbox_id, now=self._runtime.now())
        log.warning("page: outbox row %d is dropped", outbox_id)

    def close(self) -> None:
        with self._lock:
            self._runtime.db.close()

    def _ask(self, session: Session, make: Callable[[int], protocol.Asked]) -> Any:
        asked = session.ask(make)
        try:
            return asked.result(_ANSWER_SECONDS)
        except ChildRefused as error:
            raise Refused(f"WhatsApp menolak: {masked(str(error))}") from None
        except ChildGone:
            raise Refused(_NOT_HERE) from None
        except TimeoutError:
            raise Refused("WhatsApp tidak menjawab. Coba lagi sebentar.") from None

    def _change(self, query: str, **parameters: Any) -> Row:
        with self._lock, self._runtime.db.transaction() as tx:
            row = tx.first(query, **parameters)
        if row is None:
            raise Refused("Pesan itu sudah tidak menunggu keputusan.")
        return row

    def _messages(self) -> tuple[list[Row] | None, list[Row] | None, list[Row] | None]:
        try:
            with self._lock, self._runtime.db.transaction() as tx:
                return (
                    tx.run("host.counts"),
                    tx.run("host.recent", most=_RECENT),
                    tx.run("host.open_cases", most=_CASES),
                )
        except CiceroError as error:
            log.warning("the page shows no messages: %s", error)
            return None, None, None

    def _queue(self) -> tuple[int | None, int | None]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        service = self._runtime.queues
        try:
            with queues.reading_errors(queues.OUTBOUND):
                answer = service.client.get_queue_attributes(
                    QueueUrl=service.url(queues.OUTBOUND), AttributeNames=names
                )["Attributes"]
        except CiceroError as error:
            log.warning("the page shows no queue: %s", error)
            return None, None
        return int(answer[names[0]]), int(answer[names[1]])
