"""Clients from a sheet: what is new, what changes, what is wrong; all of it is written, or nothing.

An empty cell leaves what is stored. Clients that the sheet does not name stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.chats import read_groups
from chalicelib.errors import BadInput
from chalicelib.handles import read_handle
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.runtime import Runtime
from chalicelib.typed import trimmed

_TEXTS = (
    "client_id", "nama", "client_type", "client_operator", "client_group", "regional_id",
    "parent_client_id", "client_level", "tiktok_secuid",
    *(one.handle_column for one in DESCRIPTIONS.values()),
)  # fmt: skip
_TRUTHS = (
    "client_status", "client_amplify_status",
    *(f"{one.handle_column}_status" for one in DESCRIPTIONS.values()),
)  # fmt: skip
COLUMNS = (*_TEXTS, *_TRUTHS)
"""The columns of `clients` that a sheet may have."""

_YES = frozenset({"true", "ya", "yes", "1", "aktif", "benar"})
_NO = frozenset({"false", "tidak", "no", "0", "nonaktif", "salah"})

Cells = Mapping[str, str | None]


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be used; rows are counted from 1, without the header."""

    row: int
    column: str
    problem: str


@dataclass(frozen=True)
class Imported:
    """What an import has written, or would write. `changed`: a client's columns, each as [before,
    after]; `same`: how many clients are as the sheet has them."""

    written: bool
    new: Sequence[str]
    changed: Mapping[str, Mapping[str, list[Any]]]
    same: int
    wrong: Sequence[Wrong]


def import_clients(runtime: Runtime, rows: Sequence[Cells], dry_run: bool) -> Imported:
    """Writes the rows in one transaction; with `dry_run` only says what that would do, and all that
    is wrong. Raises BadInput, having written nothing, for an unknown column, and, unless it is a
    dry run, for the first cell that is wrong."""
    _refuse_columns(rows)
    with runtime.db.transaction() as tx:
        stored = {
            _key(row["client"]["client_id"]): row["client"] for row in tx.run("client_import.all")
        }
        found, due = compare(rows, stored)
        if found.wrong and not dry_run:
            first = found.wrong[0]
            others = f" (and {len(found.wrong) - 1} more)" if len(found.wrong) > 1 else ""
            raise BadInput(
                f"row {first.row}, {first.column}",
                f"{first.problem}{others}",
                "Nothing was imported; a dry run lists all that is wrong.",
            )
        if due and not dry_run:
            tx.run("client_import.put", clients=json.dumps(due))
    return found if dry_run else Imported(True, found.new, found.changed, found.same, ())


def compare(
    rows: Sequence[Cells], stored: Mapping[str, Mapping[str, Any]]
) -> tuple[Imported, list[dict[str, Any]]]:
    """What the rows mean for what is stored, and what to write, as client_import.put takes it.
    Pure."""
    new: list[str] = []
    changed: dict[str, dict[str, list[Any]]] = {}
    wrong: list[Wrong] = []
    due: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        values, problems = _read(row)
        key = _key(values.get("client_id") or "")
        before = stored.get(key)
        problems += _whole(values, before, key in seen)
        seen.add(key)
        wrong += [Wrong(number, column, problem) for column, problem in problems]
        if problems:
            continue
        if before is None:
            new.append(values["client_id"])
            cells = {"client_status": True, **values}
            due.append({"client_id": values["client_id"], "cells": cells})
            continue
        values.pop("client_id")
        differs = {c: [before[c], v] for c, v in values.items() if before[c] != v}
        if differs:
            changed[before["client_id"]] = differs
            written = {column: after for column, (_, after) in differs.items()}
            due.append({"client_id": before["client_id"], "cells": written})
    same = len(rows) - len(new) - len(changed) - len({one.row for one in wrong})
    return Imported(False, new, changed, same, wrong), due


def _refuse_columns(rows: Sequence[Cells]) -> None:
    for column in dict.fromkeys(name for row in rows for name in row):
        if column not in COLUMNS:
            raise BadInput(column, "is no column of clients", f"Use {', '.join(COLUMNS)}.")


def _key(client_id: str) -> str:
    return client_id.strip().lower()


def _read(cells: Cells) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values of the cells that are not empty, and what is wrong with them."""
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for column, cell in cells.items():
        text = trimmed(cell or "")
        if not text:
            continue
        problem = _problem(column, text)
        if problem:
            problems.append((column, problem))
        values[column] = text.lower() in _YES if column in _TRUTHS else text
    return values, problems


def _problem(column: str, text: str) -> str | None:
    if column in _TRUTHS and text.lower() not in _YES | _NO:
        return "is neither ya nor tidak"
    for platform, one in DESCRIPTIONS.items():
        if column == one.handle_column and read_handle(text, platform).problem:
            return f"names no {one.label} account"
    if column == "client_group" and read_groups(text).refused:
        return "holds an entry that is no group id, such as 120363000000000001@g.us"
    return None


def _whole(
    values: Mapping[str, Any], before: Mapping[str, Any] | None, again: bool
) -> list[tuple[str, str]]:
    """What is wrong with a row as a whole."""
    if not values.get("client_id"):
        return [("client_id", "is empty")]
    if again:
        return [("client_id", "stands in an earlier row too")]
    if before is None and not values.get("nama"):
        return [("nama", "is empty, and the client is new")]
    return []
