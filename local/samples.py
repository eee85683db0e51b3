"""One sample of every message, rendered from invented data.

docs/ shows them all, and tests hold each against its file in tests/unit/golden. After a wanted
change of a text: `python -m local.samples` rewrites these files, `python -m local.docs` the
pages. Read the difference before it goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from chalicelib import texts
from chalicelib.clients import Client, UnusableHandles
from chalicelib.platforms import Platform
from chalicelib.slots import WIB
from chalicelib.tasks import Task
from chalicelib.texts import Change, ClientLine, ClosedChats, FeedRead, Part
from chalicelib.texts.ledger import ChangeKind
from wa_session_host.alerts import texts as alert_texts
from wa_session_host.sending.transport import OutcomeUnknown, Rejected
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import AlertKind

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "unit" / "golden"
PARTS_APART = "\n----------\n"

_DAY = date(2026, 2, 20)
_CLIENT = Client(
    client_id="POLRES_X",
    name="Polres X",
    client_type="org",
    handles={"instagram": "polres.x", "tiktok": "polres_x"},
    account_ids={},
    chats=(),
)
_ROW = {"outbox_id": 812, "client_id": "POLRES_X"}
_LONG = (
    "Kapolres memimpin apel gelar pasukan *Operasi Keselamatan* 2026 di lapangan Mapolres, "
    "diikuti @polda_contoh serta seluruh jajaran"
)


def at(hour: int, minute: int = 0, day: date = _DAY) -> datetime:
    """A moment of the samples' day, in WIB."""
    return datetime.combine(day, time(hour, minute), WIB)


def task_list() -> str:
    """The hour's list, with changes, a hidden count, and a post that was put in by hand."""
    changes = [_new("C3dEf", "Apel pagi", at(7, 30)), _late()]
    posts: dict[Platform, list[Task]] = {
        "instagram": [
            Task("instagram", "C3dEf", "Apel pagi", at(7, 30), 12345, 24),
            Task("instagram", "C4gHi", _LONG, at(9, 5), None, 7),
        ],
        "tiktok": [Task("tiktok", "7301", "Imbauan cuaca", at(9), None, None, manual=True)],
    }
    return _joined(texts.task_list(_CLIENT, at(10), posts, changes))


def task_list_empty() -> str:
    """The hour's list of a day without posts."""
    return _joined(texts.task_list(_CLIENT, at(6), {}, []))


def task_list_unread() -> str:
    """The list of a slot that could read one platform only; of the other it shows what is known."""
    posts: dict[Platform, list[Task]] = {
        "instagram": [Task("instagram", "C3dEf", "Apel pagi", at(7, 30), 12345, 24)],
        "tiktok": [Task("tiktok", "7301", "Imbauan cuaca", at(9), 210, 18)],
    }
    feeds: dict[Platform, FeedRead] = {
        "instagram": FeedRead("complete", at(17)),
        "tiktok": FeedRead("error", at(16, 30)),
    }
    return _joined(texts.task_list(_CLIENT, at(17), posts, [], feeds=feeds))


def task_list_never_read() -> str:
    """A list without posts, of a day on which one platform was not read yet."""
    feeds: dict[Platform, FeedRead] = {
        "instagram": FeedRead("complete", at(6)),
        "tiktok": FeedRead("error", None),
    }
    return _joined(texts.task_list(_CLIENT, at(6), {}, [], feeds=feeds))


def task_list_in_parts() -> str:
    """A list that is too long for one message; here the limit is 1000 characters."""
    posts = [
        Task("instagram", f"C{n}aBc", f"Kegiatan {n}: {_LONG}", at(6 + n), 100 * n, n)
        for n in range(1, 8)
    ]
    return _joined(texts.task_list(_CLIENT, at(15), {"instagram": posts}, [], longest=1000))


def changes_new() -> str:
    """New posts, and one that was made after yesterday's last slot."""
    return _changes(at(20, 58), _new("C9xYz", "Patroli malam", at(20, 40)), _late())


def changes_unread() -> str:
    """A new post, while the other platform cannot be read to its end."""
    feeds: dict[Platform, FeedRead] = {
        "instagram": FeedRead("complete", at(18)),
        "tiktok": FeedRead("partial", at(17, 30)),
    }
    told = [_new("C9xYz", "Patroli malam", at(17, 50))]
    return _joined(texts.changes(_CLIENT, at(18), told, feeds=feeds))


def changes_removed() -> str:
    """A post that is gone."""
    return _changes(at(18, 30), _change("removed", "C3dEf", "Apel pagi", at(7, 30)))


def changes_held() -> str:
    """Posts that look gone, too many at once to believe it."""
    held = [_change("held", f"C{n}aBc", f"Kegiatan {n}", at(6 + n)) for n in range(1, 4)]
    return _changes(at(16, 30), *held)


def changes_links() -> str:
    """New amplification reports."""
    links = ["https://www.facebook.com/polres_x/posts/1", "x.com/polres_x/status/2?s=20"]
    detail = {"name": "Bripka Contoh", "links": links}
    return _changes(at(11, 30), _change("link", "C3dEf", "Apel pagi", at(7, 30), detail=detail))


def changes_mixed() -> str:
    """Several kinds in one message."""
    return _changes(
        at(18),
        _new("C9xYz", "Patroli malam", at(17, 50)),
        _change("removed", "7301", "Imbauan cuaca", at(9), platform="tiktok"),
        _change("link", "C3dEf", "", None, detail={"name": None, "links": ["instagram.com/p/C1/"]}),
    )


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
    due=40,
    unread=4,
)


def slot_report() -> str:
    """The operators' report of a slot with trouble."""
    return _joined(texts.slot_report(_REPORT))


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
    return _joined(texts.slot_report(report))


def missed_slots() -> str:
    """Slots that never opened."""
    return texts.missed_slots([at(9), at(9, 30)])


def api_closed() -> str:
    """An API that only an operator can mend."""
    return texts.api_closed("instagram", "quota", at(17))


def fallback_in_use() -> str:
    """A fallback host that has taken over."""
    return texts.fallback_in_use("tiktok", "api_configuration", at(17))


def no_chats() -> str:
    """Clients that no message can reach."""
    closed = [ClosedChats("POLRES_G", 0), ClosedChats("POLRES_H", 1)]
    return _joined(texts.no_chats(closed, at(6)))


def unusable_handles() -> str:
    """Clients with a handle that names no account."""
    wrong = [
        UnusableHandles("POLRES_G", {"instagram": "no_profile"}, left_out=False),
        UnusableHandles("POLRES_H", {"instagram": "word", "tiktok": "other_site"}, left_out=True),
        UnusableHandles("POLRES_I", {"tiktok": "form"}, left_out=False),
    ]
    return _joined(texts.unusable_handles(wrong, at(6)))


def undelivered() -> str:
    """Messages that an operator should look at."""
    messages = [
        texts.Undelivered(812, "POLRES_X", "dead_letter"),
        texts.Undelivered(815, "POLRES_C", "uncertain"),
    ]
    return _joined(texts.undelivered(messages, at(17)))


def _account(kind: AlertKind) -> Callable[[], str]:
    shot = Snapshot("gateway", "banned", at(17, 12), banned_until=at(19))
    return lambda: alert_texts.session("gateway", kind, shot, at(17, 12))


def failed_refused() -> str:
    """A message that WhatsApp refused, the first of its hour."""
    error = Rejected("the account may not write to this chat (463)", code=463, alert="reach")
    return alert_texts.message(_ROW, "dead_letter", error, at(17, 12))


def failed_uncertain() -> str:
    """A message of which nobody knows whether it went out, the first of its hour."""
    error = OutcomeUnknown("timed out waiting for message send response")
    return alert_texts.message(_ROW, "uncertain", error, at(17, 12))


SAMPLES: Mapping[str, Callable[[], str]] = {
    "task-list": task_list,
    "task-list-empty": task_list_empty,
    "task-list-unread": task_list_unread,
    "task-list-never-read": task_list_never_read,
    "task-list-in-parts": task_list_in_parts,
    "changes-new": changes_new,
    "changes-unread": changes_unread,
    "changes-removed": changes_removed,
    "changes-held": changes_held,
    "changes-links": changes_links,
    "changes-mixed": changes_mixed,
    "slot-report": slot_report,
    "slot-report-verbose": slot_report_verbose,
    "missed-slots": missed_slots,
    "api-closed": api_closed,
    "fallback-in-use": fallback_in_use,
    "no-chats": no_chats,
    "unusable-handles": unusable_handles,
    "undelivered": undelivered,
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


def write_golden(directory: Path = GOLDEN) -> None:
    """Writes every sample to its file, and removes files of samples that are no more."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.txt"):
        if path.stem not in SAMPLES:
            path.unlink()
    for name, render in SAMPLES.items():
        (directory / f"{name}.txt").write_text(render() + "\n", encoding="utf-8")


def _changes(moment: datetime, *told: Change) -> str:
    return _joined(texts.changes(_CLIENT, moment, told))


def _new(content_id: str, caption: str, posted_at: datetime) -> Change:
    return _change("new", content_id, caption, posted_at)


def _late() -> Change:
    return _change("late", "C1aBc", "Patroli malam", at(22, 15, date(2026, 2, 19)))


def _change(
    kind: ChangeKind,
    content_id: str,
    caption: str,
    posted_at: datetime | None,
    platform: Platform = "instagram",
    detail: Mapping[str, Any] | None = None,
) -> Change:
    return Change(1, platform, content_id, kind, caption, posted_at, detail or {})


def _joined(parts: Sequence[Part]) -> str:
    return PARTS_APART.join(part.text for part in parts)


if __name__ == "__main__":
    write_golden()
