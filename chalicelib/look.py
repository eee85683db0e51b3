"""What people ask to see, as JSON; every answer says when it was read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalicelib.errors import BadInput
from chalicelib.overview.as_json import as_json
from chalicelib.requests import LookRequest
from chalicelib.runtime import Runtime

_MOST_CLIENTS = 10_000


def look(runtime: Runtime, request: LookRequest) -> dict[str, Any]:
    """The answer to one request. Writes nothing. Raises BadInput."""
    match request.show:
        case "status":
            from chalicelib.overview.today import status

            answer = as_json(status(runtime))
        case "slots":
            from chalicelib.overview.slots import slots_of_day

            answer = as_json(slots_of_day(runtime, request.day))
        case "client":
            answer = _client(runtime, request)
        case "clients":
            answer = _clients(runtime, request)
        case "groups":
            answer = _groups(runtime)
        case "doctor":
            answer = _doctor(runtime, request)
        case "export":
            answer = _export(runtime, request)
        case _:
            answer = _recap(runtime, request)
    found: dict[str, Any] = answer
    return found


def _recap(runtime: Runtime, request: LookRequest) -> Any:
    from chalicelib.recap import answers

    of = {
        "recap": answers.recap,
        "why": answers.why,
        "ranking": answers.ranking,
        "recap_schedule": answers.schedule,
    }
    return of[request.show](runtime, request)


def _client(runtime: Runtime, request: LookRequest) -> Any:
    from chalicelib.overview.client_day import client_day

    if request.client_id is None:
        raise BadInput("client_id", "is missing", "Name the client.")
    return as_json(client_day(runtime, request.client_id, request.day))


def _clients(runtime: Runtime, request: LookRequest) -> Any:
    from chalicelib.overview.clients import Wanted, clients

    wanted = Wanted(request.search, request.filter, order="id", per_page=_MOST_CLIENTS)
    return as_json(clients(runtime, wanted))


def _groups(runtime: Runtime) -> Any:
    """Every group of the active clients: who writes to it. `refused`: entries of a client that are
    no group's id."""
    from chalicelib.chats import read_groups

    with runtime.db.transaction() as tx:
        rows = tx.run("slots.active_clients")
    chats: dict[str, list[str]] = {}
    refused = {}
    for row in rows:
        groups = read_groups(row["client_group"])
        for chat in groups.chats:
            chats.setdefault(chat, []).append(row["client_id"])
        if groups.refused or not groups.chats:
            refused[row["client_id"]] = groups.refused
    found = [{"chat": chat, "client_ids": ids} for chat, ids in sorted(chats.items())]
    return as_json({"read_at": runtime.now(), "groups": found, "without_or_refused": refused})


def _doctor(runtime: Runtime, request: LookRequest) -> Any:
    from chalicelib.doctor.examine import examine

    findings = [asdict(one) for one in examine(runtime, request.calls)]
    return as_json({"read_at": runtime.now(), "findings": findings})


def _export(runtime: Runtime, request: LookRequest) -> Any:
    from chalicelib.exports.tables import Wanted, page

    if request.table is None:
        raise BadInput("table", "is missing", "Name what to export.")
    day = request.day or runtime.now().date()
    return page(runtime, Wanted(request.table, day, day), request.skip)
