"""Names of groups are asked for seldom, and never waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from wa_session_host.page.group_names import AGAIN_SECONDS, GroupNames
from wa_session_host.session.child_process import ChildGone, Reply

MELATI = "120363000000000001@g.us"


@dataclass
class Shot:
    state: str = "connected"


@dataclass
class Asked:
    """A session that answers when the test says so."""

    snapshot: Shot = field(default_factory=Shot)
    replies: list[Reply] = field(default_factory=list)

    def ask(self, _: object) -> Reply:
        self.replies.append(Reply())
        return self.replies[-1]


def names_of(session: Asked, seconds: list[float]) -> GroupNames:
    return GroupNames(cast("Any", {"gateway": session}), lambda: seconds[0])


def test_an_answer_names_the_groups_of_later_pages_and_is_asked_for_once_an_hour() -> None:
    session, seconds = Asked(), [0.0]
    names = names_of(session, seconds)
    assert (names.known(), names.known(), len(session.replies)) == ({}, {}, 1)
    session.replies[0].set_result([{"id": MELATI, "name": "Polres Melati", "members": 12}])
    assert names.known() == {MELATI: "Polres Melati"}
    seconds[0] += AGAIN_SECONDS
    names.known()
    session.replies[1].set_exception(ChildGone())
    assert names.known() == {MELATI: "Polres Melati"}


def test_an_account_that_is_not_connected_is_not_asked() -> None:
    session, seconds = Asked(Shot("pairing")), [0.0]
    names = names_of(session, seconds)
    names.known()
    assert session.replies == []
    session.snapshot = Shot()
    names.known()
    assert len(session.replies) == 1
