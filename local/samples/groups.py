"""What a client's group is told: task lists and changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from chalicelib import texts
from chalicelib.clients import Client
from chalicelib.platforms import Platform
from chalicelib.tasks import Task
from chalicelib.texts import Change, FeedRead
from chalicelib.texts.ledger import ChangeKind
from local.samples.invented import at, joined

_CLIENT = Client(
    client_id="POLRES_X",
    name="Polres X",
    client_type="org",
    handles={"instagram": "polres.x", "tiktok": "polres_x"},
    account_ids={},
    chats=(),
)
_LONG = (
    "Kapolres memimpin apel gelar pasukan *Operasi Keselamatan* 2026 di lapangan Mapolres, "
    "diikuti @polda_contoh serta seluruh jajaran"
)


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
    return joined(texts.task_list(_CLIENT, at(10), posts, changes))


def task_list_empty() -> str:
    """The hour's list of a day without posts."""
    return joined(texts.task_list(_CLIENT, at(6), {}, []))


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
    return joined(texts.task_list(_CLIENT, at(17), posts, [], feeds=feeds))


def task_list_never_read() -> str:
    """A list without posts, of a day on which one platform was not read yet."""
    feeds: dict[Platform, FeedRead] = {
        "instagram": FeedRead("complete", at(6)),
        "tiktok": FeedRead("error", None),
    }
    return joined(texts.task_list(_CLIENT, at(6), {}, [], feeds=feeds))


def task_list_in_parts() -> str:
    """A list that is too long for one message; here the limit is 1000 characters."""
    posts = [
        Task("instagram", f"C{n}aBc", f"Kegiatan {n}: {_LONG}", at(6 + n), 100 * n, n)
        for n in range(1, 8)
    ]
    return joined(texts.task_list(_CLIENT, at(15), {"instagram": posts}, [], longest=1000))


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
    return joined(texts.changes(_CLIENT, at(18), told, feeds=feeds))


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


def _changes(moment: datetime, *told: Change) -> str:
    return joined(texts.changes(_CLIENT, moment, told))


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
}
