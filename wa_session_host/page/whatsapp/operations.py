"""What the page of the accounts shows and does, without HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib import queues
from chalicelib.chats import personal_chats
from chalicelib.db import Row
from chalicelib.errors import CiceroError
from chalicelib.ordering import natural
from chalicelib.outbox.redrive import NotPossible, Redriven, cancel, redrive
from chalicelib.runtime import Runtime
from wa_session_host import protocol
from wa_session_host.page import words
from wa_session_host.page.context import PageContext
from wa_session_host.page.services import Services
from wa_session_host.page.whatsapp.phone_code import round_to_type_in
from wa_session_host.page.window import Refused
from wa_session_host.session.child_process import ChildGone, ChildRefused, masked
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 30.0
_SEND_ENDS_SECONDS = 20.0
_NOT_HERE = "Akun tidak berjalan di host ini. Lihat Pemilik, atau tunggu sebentar."
_RECENT = 30
_CASES = 50


@dataclass(frozen=True)
class Overview:
    """Everything the page shows. `database` is false if PostgreSQL does not answer;
    `names` are those of groups, by chat id."""

    accounts: list[Snapshot]
    owner: str
    owned: bool
    queue: int | None
    in_flight: int | None
    counts: dict[str, int]
    recent: list[Row]
    cases: list[Row]
    database: bool
    names: Mapping[str, str]


class Operations:
    """Shared by all requests."""

    def __init__(self, context: PageContext, services: Services) -> None:
        self._context = context
        self._services = services

    def overview(self) -> Overview:
        waiting, in_flight = self._queue()
        counts, recent, cases = self._messages()
        lease = self._context.lease
        return Overview(
            accounts=[session.snapshot for session in self._context.sessions.values()],
            owner=str(lease.other) if lease and lease.other else "",
            owned=lease is not None and lease.held(),
            queue=waiting,
            in_flight=in_flight,
            counts={row["status"]: row["messages"] for row in counts or []},
            recent=recent or [],
            cases=cases or [],
            database=counts is not None,
            names=self._services.group_names.known(),
        )

    def session(self, account: str) -> Session | None:
        return self._context.sessions.get(account)

    def groups(self, session: Session) -> list[protocol.Group]:
        """The groups that the account is in, by name. Raises Refused."""
        found = self._ask(session, lambda number: protocol.JoinedGroups(id=number))
        groups = protocol.GROUPS.validate_python(found)
        self._services.group_names.learn(groups)
        return sorted(groups, key=lambda group: natural(group.name))

    def pair_phone(self, session: Session, phone: str) -> tuple[str, datetime]:
        """The code to type on the phone, and until when. Raises Refused."""
        chats = personal_chats(phone)
        if len(chats) != 1 or not chats[0].endswith("@s.whatsapp.net"):
            raise Refused("Tulis satu nomor telepon, misalnya 0812…")
        until = round_to_type_in(session, self._context.now)
        if until is None:
            raise Refused("Akun tidak sedang menunggu pemasangan. Tunggu sampai QR tampil.")
        digits = chats[0].partition("@")[0]
        code = self._ask(session, lambda n: protocol.PairPhone(id=n, phone=digits))
        return str(code), until

    def unlink(self, session: Session) -> None:
        """Removes this device from the account, after the send under way. Raises Refused."""
        session.sends.drain(_SEND_ENDS_SECONDS)
        try:
            self._ask(session, lambda number: protocol.Logout(id=number))
        except Refused:
            session.sends.reopen()
            raise
        log.warning("page: account %s was logged out", session.account)
        session.tell("unlinked")

    def reconnect(self, session: Session) -> None:
        """Starts another child, after the send under way. Raises Refused."""
        if session.snapshot.state == "stopped":
            raise Refused(_NOT_HERE)
        session.sends.drain(_SEND_ENDS_SECONDS)
        log.warning("page: account %s is restarted", session.account)
        session.tell("restart_asked")

    def send_again(self, outbox_id: int) -> Redriven:
        """Sends a message again, even if it has expired. Raises Refused, CiceroError."""
        return self._redriven(lambda runtime: redrive(runtime, outbox_id, late=True))

    def drop(self, outbox_id: int, not_sent: bool) -> Redriven:
        """Cancels a message; `not_sent`: it is uncertain, and the person did not find it in its
        chat. Raises Refused, CiceroError."""
        return self._redriven(lambda runtime: cancel(runtime, outbox_id, not_sent, cases_only=True))

    def _ask(self, session: Session, make: Callable[[int], protocol.Asked]) -> protocol.Value:
        asked = session.ask(make)
        try:
            return asked.result(_ANSWER_SECONDS)
        except ChildRefused as error:
            raise Refused(f"WhatsApp menolak: {masked(str(error))}") from None
        except ChildGone:
            raise Refused(_NOT_HERE) from None
        except TimeoutError:
            raise Refused("WhatsApp tidak menjawab. Coba lagi sebentar.") from None

    def _redriven(self, act: Callable[[Runtime], Redriven]) -> Redriven:
        try:
            with self._services.acting() as runtime:
                return act(runtime)
        except NotPossible as error:
            raise Refused(words.NOT_POSSIBLE[error.why]) from None

    def _messages(self) -> tuple[list[Row] | None, list[Row] | None, list[Row] | None]:
        try:
            with self._services.looking() as runtime, runtime.db.transaction() as tx:
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
        try:
            with queues.reading_errors(queues.OUTBOUND):
                answer = self._services.sqs.get_queue_attributes(
                    QueueUrl=self._services.queues.url(queues.OUTBOUND), AttributeNames=names
                )["Attributes"]
        except CiceroError as error:
            log.warning("the page shows no queue: %s", error)
            return None, None
        return int(answer[names[0]]), int(answer[names[1]])
