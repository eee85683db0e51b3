"""The clients' handles and groups, as they were typed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.chats import read_groups
from chalicelib.clients import Client, participants, unusable_handles
from chalicelib.doctor.finding import Finding
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.runtime import Runtime

_WORDS = {
    "word": "is a word for none",
    "no_profile": "is no link to a profile",
    "other_site": "is a link to another site",
    "form": "cannot be an account's name",
}


def clients(runtime: Runtime) -> Iterator[Finding]:
    """Who takes part, and whose handles or groups keep them from it."""
    with runtime.db.transaction() as tx:
        rows = tx.run("slots.active_clients")
    yield from check(rows)


def check(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """The findings about these rows of active clients. Pure."""
    taking_part = participants(rows)
    if not taking_part:
        fix = "Import them: `cicero clients import FILE`."
        yield Finding("clients", "error", "no client takes part", fix)
    else:
        yield Finding(
            "clients", "ok", f"{len(taking_part)} of {len(rows)} active clients take part"
        )
    yield from _handles(rows)
    yield from _shared(taking_part)
    yield from _groups(rows, {client.client_id for client in taking_part})


def _handles(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in unusable_handles(rows):
        for platform, problem in one.problems.items():
            column = DESCRIPTIONS[platform].handle_column
            what = f"{one.client_id}: {column} {_WORDS[problem]}"
            fix = f"Write the account's name into {column}, or set {column}_status to false."
            yield Finding("handles", "error" if one.left_out else "warning", what, fix)


def _shared(taking_part: Sequence[Client]) -> Iterator[Finding]:
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for client in taking_part:
        for platform, handle in client.handles.items():
            owners[DESCRIPTIONS[platform].handle_column, handle].append(client.client_id)
    for (column, handle), ids in owners.items():
        if len(ids) > 1:
            what = f"{', '.join(ids)} have the same {column}, {handle}"
            yield Finding("handles", "warning", what, f"Correct {column} of all but one.")


def _groups(rows: Sequence[Mapping[str, Any]], ids: set[str]) -> Iterator[Finding]:
    for row in rows:
        groups = read_groups(row["client_group"])
        fix = "Write the group's id into client_group, like 120363000000000001@g.us."
        if row["client_id"] in ids and not groups.chats:
            yield Finding("groups", "warning", f"{row['client_id']}: no group is told", fix)
        elif groups.refused:
            what = f"{row['client_id']}: {groups.refused} entries of client_group are no group ids"
            yield Finding("groups", "warning", what, fix)
