"""What the service tells the operators: reports and alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chalicelib import texts
from chalicelib.clients import UnusableHandles
from chalicelib.recap.forms import troubles
from chalicelib.recap.recipients import Trouble
from chalicelib.texts import ClientLine, ClosedChats
from local.samples.invented import at, joined

_REPORT = texts.SlotReport(
    at=at(17),
    clients=40,
    done=36,
    failed=4,
    posts_new=12,
    posts_removed=1,
    api_requests=1204,
    seconds=184.2,
    messages=41,
    errors={
        "not_found": ["POLRES_B (Instagram)"],
        "unreadable": ["POLRES_D (TikTok)"],
        "upstream": ["POLRES_C (Instagram)", "POLRES_C (TikTok)", "POLRES_D (Instagram)"],
    },
    held={"POLRES_E": 5},
    empty=["POLRES_F (TikTok)"],
    uncovered=[
        texts.Uncovered("POLRES_A", "instagram", "C1aBc", 1000, 6800, 1000 / 6800, "capped"),
        texts.Uncovered("POLRES_D", "tiktok", "7301", 18, 120, 0.15, "short"),
    ],
    shortages=[
        texts.Shortage("instagram", 20_000, ends=at(19, 30)),
        texts.Shortage("tiktok", 500_000, month=620_000),
    ],
    due=40,
    unread=4,
)


def slot_report() -> str:
    """The operators' report of a slot with trouble."""
    return joined(texts.slot_report(_REPORT))


def slot_report_verbose() -> str:
    """The report of the level `verbose`, of a small slot without trouble."""
    lines = (
        ClientLine("POLRES_A", 5, 1, 0, 320, 14, 2.4),
        ClientLine("POLRES_B", None, 0, 0, 0, 3, 0.4, troubles=["not_found"]),
    )
    errors = {"not_found": ["POLRES_B (Instagram)"]}
    report = texts.SlotReport(
        at(17), 2, 1, 1, 1, 0, 17, 3.1, 2, errors, due=2, unread=1, clients_in_detail=lines
    )
    return joined(texts.slot_report(report))


def missed_slots() -> str:
    """Slots that never opened."""
    return texts.missed_slots([at(9), at(9, 30)])


def api_closed() -> str:
    """An API whose trouble only an operator can fix."""
    return texts.api_closed("instagram", "quota", at(17))


def fallback_in_use() -> str:
    """A fallback host that has taken over."""
    return texts.fallback_in_use("tiktok", "api_configuration", at(17))


def no_chats() -> str:
    """Clients that no message can reach."""
    closed = [ClosedChats("POLRES_G", 0), ClosedChats("POLRES_H", 1)]
    return joined(texts.no_chats(closed, at(6)))


def unusable_handles() -> str:
    """Clients with a handle that names no account."""
    wrong = [
        UnusableHandles("POLRES_G", {"instagram": "no_profile"}, left_out=False),
        UnusableHandles("POLRES_H", {"instagram": "word", "tiktok": "other_site"}, left_out=True),
        UnusableHandles("POLRES_I", {"tiktok": "form"}, left_out=False),
    ]
    return joined(texts.unusable_handles(wrong, at(6)))


def unreached_recaps() -> str:
    """Clients whose scheduled recaps do not reach everybody."""
    wrong: Mapping[str, Sequence[Trouble]] = {
        "POLRES_G": ("group", "super"),
        "POLRES_H": ("operator",),
    }
    return joined(troubles.unreachable(wrong, at(6)))


def undelivered() -> str:
    """Messages that an operator should look at."""
    messages = [
        texts.Undelivered(812, "POLRES_X", "dead_letter"),
        texts.Undelivered(815, "POLRES_C", "uncertain"),
    ]
    return joined(texts.undelivered(messages, at(17)))


SAMPLES: Mapping[str, Callable[[], str]] = {
    "slot-report": slot_report,
    "slot-report-verbose": slot_report_verbose,
    "missed-slots": missed_slots,
    "api-closed": api_closed,
    "fallback-in-use": fallback_in_use,
    "no-chats": no_chats,
    "unusable-handles": unusable_handles,
    "unreached-recaps": unreached_recaps,
    "undelivered": undelivered,
}
