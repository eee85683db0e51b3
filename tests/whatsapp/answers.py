"""The server's responses to the client's requests (`iq`), by namespace."""

from __future__ import annotations

from collections.abc import Callable

from tests.whatsapp.binary import SERVER, Jid, Node, node
from tests.whatsapp.media import MEDIA_HOST
from tests.whatsapp.state import Account, Group, World, lid_of

GROUPS = Jid("", "g.us")
_PRE_KEYS = 50


class Declined(Exception):
    """Refused with an error: its number as in HTTP, and its name."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Unanswered(Exception):
    """The script has stopped responses to this request."""


def answer(world: World, account: Account, iq: Node) -> Node:
    """The `iq` in response; raises `Unanswered` if the script wants silence."""
    handler = _ANSWERS.get(iq.text("xmlns"))
    if handler is None:
        world.problems.append(f"nothing here answers {iq}")
        return refuse(iq, 501, "feature-not-implemented")
    try:
        content = handler(world, account, iq)
    except Declined as declined:
        return refuse(iq, declined.code, declined.text)
    return result(iq, *content)


def result(iq: Node, *content: Node) -> Node:
    return node("iq", *content, type_="result", id_=iq.text("id"), from_=iq.attrs.get("to", SERVER))


def refuse(iq: Node, code: int, text: str) -> Node:
    error = node("error", code=str(code), text=text)
    return node("iq", error, type_="error", id_=iq.text("id"), from_=iq.attrs.get("to", SERVER))


def _nothing(world: World, account: Account, iq: Node) -> list[Node]:
    return []


def _ping(world: World, account: Account, iq: Node) -> list[Node]:
    if not account.answers_pings:
        raise Unanswered
    return []


def _encryption_keys(world: World, account: Account, iq: Node) -> list[Node]:
    if iq.child("count"):
        return [node("count", value=str(_PRE_KEYS))]
    wanted = iq.child("key")
    if wanted:
        phones = [world.phone(user.jid("jid")) for user in wanted.all("user")]
        return [node("list", *(phone.bundle() for phone in phones))]
    if iq.text("type") == "set":
        return []
    raise Declined(404, "item-not-found")


def _users(world: World, account: Account, iq: Node) -> list[Node]:
    """Every user has one device, the phone; the account also has its linked devices."""
    query = iq.child("usync")
    if query is None:
        raise Declined(400, "bad-request")
    asked = query.child("list") or query
    users = [_user(world, user.jid("jid")) for user in asked.all("user") if "jid" in user.attrs]
    return [node("usync", node("list", *users), mode="query", context="message")]


def _user(world: World, jid: Jid) -> Node:
    known = world.accounts.get(jid)
    numbers = [0, *known.devices] if known else [0]
    devices = [node("device", id_=str(number)) for number in numbers]
    listed = node("devices", node("device-list", *devices))
    return node("user", listed, node("lid", val=lid_of(jid)), jid=jid)


def _linked_devices(world: World, account: Account, iq: Node) -> list[Node]:
    """A device logs itself out."""
    removed = iq.child("remove-companion-device")
    if removed is None:
        raise Declined(400, "bad-request")
    account.devices.pop(removed.jid("jid").device, None)
    world.save()
    return []


def _groups(world: World, account: Account, iq: Node) -> list[Node]:
    if iq.child("participating"):
        own = [group for group in world.groups.values() if account.jid in group.members]
        return [node("groups", *(_group(group) for group in own if not group.gone))]
    group = world.groups.get(iq.jid("to"))
    if group is None or group.gone:
        raise Declined(404, "item-not-found")
    if account.jid not in group.members:
        raise Declined(403, "forbidden")
    return [_group(group)]


def _group(group: Group) -> Node:
    members = [node("participant", jid=member, lid=lid_of(member)) for member in group.members]
    return node(
        "group",
        *members,
        id_=group.jid.user,
        subject=group.name,
        s_t="1700000000",
        creation="1700000000",
        addressing_mode="pn",
    )


def _media_hosts(world: World, account: Account, iq: Node) -> list[Node]:
    """Where files are uploaded, and with which token."""
    if not world.takes_files:
        raise Declined(503, "service-unavailable")
    host = node("host", hostname=MEDIA_HOST)
    times = {"ttl": "3600", "auth_ttl": "3600", "max_buckets": "12"}
    return [Node("media_conn", {"auth": "token"} | times, (host,))]


_ANSWERS: dict[str, Callable[[World, Account, Node], list[Node]]] = {
    "encrypt": _encryption_keys,
    "md": _linked_devices,
    "passive": _nothing,
    "privacy": _nothing,
    "urn:xmpp:whatsapp:dirty": _nothing,
    "usync": _users,
    "w:g2": _groups,
    "w:m": _media_hosts,
    "w:p": _ping,
}
