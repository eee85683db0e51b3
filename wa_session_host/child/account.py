"""One WhatsApp account over neonize. The only module that imports neonize.

It relies on the observed behaviour of 0.5.2. Events are registered before connect() and run on its
only thread, so handlers merely pass them on. A client that is not up according to its events is
never queried: it panics before its first connection, blocks while it dials, and says that it is
logged in while a login is being refused.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from wa_session_host import protocol
from wa_session_host.protocol import (
    Answered,
    Asked,
    Connect,
    EventName,
    Group,
    Happened,
    Ping,
    Pong,
    Qr,
    Report,
    RetryReceipt,
    Send,
    Value,
)

_UP = {"connected", "keep_alive_restored"}
_AS_BEFORE = {"undecryptable"}
_REASONS: dict[str, EventName] = {
    "LOGGED_OUT": "logged_out",
    "MAIN_DEVICE_GONE": "logged_out",
    "UNKNOWN_LOGOUT": "logged_out",
    "TEMP_BANNED": "temporary_ban",
    "CLIENT_OUTDATED": "client_outdated",
}


class NotUploaded(Exception):
    """A file was not read or not uploaded, so that its message was not sent."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"failed to upload: {error}")


class Account:
    """The library's client behind the protocol. `report` is called with what the host must know."""

    def __init__(self, order: Connect, report: Callable[[Report], None]) -> None:
        from neonize.client import NewClient

        self._report = report
        self._proxy = order.proxy_url
        self._up = self._pairing = False
        self._order = Lock()
        self._client: Any = NewClient(order.store, uuid=order.account)
        self._register()

    def connect(self) -> None:
        """Blocks until the library gives up. Raises what the library raises."""
        from neonize.utils import log as library_log

        library_log.setLevel("WARNING")
        self._client.connect(_proxy_settings(self._proxy))

    def stop(self) -> None:
        self._client.stop()

    def answer(self, order: Asked) -> Value:
        """Carries out the order and returns the answer's value. Raises the library's error."""
        client = self._client
        match order:
            case Send():
                message = _message(client, order)
                return str(client.send_message(_jid(order.chat), message).ID)
            case protocol.PairPhone():
                return str(client.PairPhone(order.phone, True))
            case protocol.JoinedGroups():
                return [_group(group).model_dump() for group in client.get_joined_groups()]
            case protocol.GroupInfo():
                return str(client.get_group_info(_jid(order.chat)).GroupName.Name)
            case protocol.Logout():
                client.logout()
        return None

    def pong(self, ping: Ping) -> None:
        """Reports whether messages can go out, or codes be scanned, in line with the events
        reported before."""
        asked = self._up or self._pairing
        connected = asked and bool(self._client.is_connected)
        logged_in = connected and bool(self._client.is_logged_in)
        with self._order:
            pong = Pong(
                connected=connected and (self._up or self._pairing),
                logged_in=logged_in and self._up,
            )
            self._report(Answered(id=ping.id, value=pong.model_dump()))

    def _register(self) -> None:
        from neonize import events

        on = self._client.event
        on.qr(lambda _, code: self._tell(Qr(code=code.decode())))
        plain: dict[Any, EventName] = {
            events.ConnectedEv: "connected",
            events.DisconnectedEv: "disconnected",
            events.KeepAliveTimeoutEv: "keep_alive_timeout",
            events.KeepAliveRestoredEv: "keep_alive_restored",
            events.StreamReplacedEv: "stream_replaced",
            events.ClientOutdatedEv: "client_outdated",
            events.UndecryptableMessageEv: "undecryptable",
        }
        for kind, name in plain.items():
            on(kind)(self._teller(_plain(name)))
        on(events.PairStatusEv)(self._teller(_paired))
        on(events.LoggedOutEv)(self._teller(_refused("logged_out")))
        on(events.ConnectFailureEv)(self._teller(_refused("connect_failure")))
        on(events.StreamErrorEv)(
            self._teller(lambda event: Happened(event="stream_error", code=event.Code))
        )
        on(events.TemporaryBanEv)(self._teller(_banned))
        on(events.ReceiptEv)(self._teller(_retry_receipt))

    def _teller(self, read: Callable[[Any], Report | None]) -> Callable[[Any, Any], None]:
        def tell(_: Any, event: Any) -> None:
            report = read(event)
            if report is not None:
                self._tell(report)

        return tell

    def _tell(self, report: Report) -> None:
        with self._order:
            if isinstance(report, Qr):
                self._pairing = True
            elif isinstance(report, Happened) and report.event not in _AS_BEFORE:
                self._pairing, self._up = False, report.event in _UP
            self._report(report)


def _message(client: Any, order: Send) -> Any:
    """The message as the library takes it; a file is uploaded first. Raises NotUploaded."""
    from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

    file = order.file
    if file is None:
        return Message(conversation=order.text)
    try:
        if file.kind == "image":
            return client.build_image_message(file.data, caption=order.text)
        return client.build_document_message(
            file.data, order.text, file.name, file.name, file.mime_type
        )
    except Exception as error:  # noqa: BLE001  whatever it is, nothing was sent
        raise NotUploaded(error) from None


def _proxy_settings(url: str | None) -> Any:
    from neonize._binder import ProxySettings

    return ProxySettings(url) if url else None


def _jid(chat: str) -> Any:
    from neonize.utils.jid import build_jid

    user, _, server = chat.partition("@")
    return build_jid(user, server)


def _group(group: Any) -> Group:
    jid = group.JID
    name, members = str(group.GroupName.Name), len(group.Participants)
    return Group(id=f"{jid.User}@{jid.Server}", name=name, members=members)


def _plain(name: EventName) -> Callable[[Any], Report]:
    return lambda event: Happened(event=name)


def _paired(event: Any) -> Report:
    if event.Status == event.SUCCESS:
        return Happened(event="paired")
    return Happened(event="pair_failed")


def _refused(name: EventName) -> Callable[[Any], Report]:
    """A refused login, as the event of its reason if there is one, otherwise as `name`."""

    def read(event: Any) -> Report:
        from neonize.proto.Neonize_pb2 import ConnectFailureReason

        reason = ConnectFailureReason.Name(event.Reason)
        return Happened(event=_REASONS.get(reason, name), code=reason)

    return read


def _banned(event: Any) -> Report:
    return Happened(event="temporary_ban", code=str(event.Code), seconds=event.Expire)


def _retry_receipt(event: Any) -> Report | None:
    return RetryReceipt(message_ids=list(event.MessageIDs)) if event.Type == event.RETRY else None
