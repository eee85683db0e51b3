"""`cicero backfill`."""

from __future__ import annotations

from typing import Any

import click

from local.cicero.show import as_json_line, progress, say, table
from local.cicero.where import Place, placed

_CALLS_EACH = 300
"""API calls asked for at a time: so the bar moves, and a kill costs no more than the call that is
being made."""


@click.command()
@click.option("--from", "first", required=True, help="The first WIB day, such as 2026-02-13.")
@click.option("--to", "last", required=True, help="The last one; it must be over.")
@click.option("--client", "client_id", help="Only this client; by default all that take part.")
@click.option("--most-calls", type=click.IntRange(1), help="API calls to make at most.")
@click.option("--dry-run", is_flag=True, help="Only say what there is to fill in.")
@placed
def backfill(
    place: Place,
    as_json: bool,
    first: str,
    last: str,
    client_id: str | None,
    most_calls: int | None,
    dry_run: bool,
) -> None:
    """Fill in days that were missed: posts and who engaged, as far as the APIs still show them.

    Stored under their own day; nobody is told. Days that their slots ended without an error are
    left out. Interrupted, it goes on where it stopped when it is called again within 12 hours, and
    makes no call twice. It stops when the day's budget is spent, or --most-calls are made.
    Exit code 1 if something is left.

    Example: cicero backfill --from 2026-02-13 --to 2026-02-19 --dry-run
    """
    wanted = {"first_day": first, "last_day": last, "client_id": client_id}
    planned = place.ask("backfill", {**wanted, "dry_run": True})
    if dry_run:
        _show_plan(planned, as_json)
        return
    answer = _fill(place, {**wanted, "since": planned["read_at"]}, planned["left"], most_calls)
    if as_json:
        as_json_line(answer)
    else:
        _show(answer)
    if answer["left"]:
        raise click.exceptions.Exit(1)


def _fill(
    place: Place, wanted: dict[str, Any], total: int, most_calls: int | None
) -> dict[str, Any]:
    """Asks for one piece after another until nothing is left, or it stops for good."""
    answer: dict[str, Any] = {"days": [], "left": total, "stopped": None, "api_requests": 0}
    with progress("backfill", total) as step:
        while answer["left"]:
            rest = _CALLS_EACH if most_calls is None else most_calls - answer["api_requests"]
            if rest <= 0:
                answer["stopped"] = "most_calls"
                break
            piece = min(_CALLS_EACH, rest)
            more = place.ask("backfill", {**wanted, "most_calls": piece}, whole=True)
            answer["days"] += more["days"]
            answer["left"] = more["left"]
            answer["api_requests"] += more["api_requests"]
            step(total - answer["left"])
            if not _goes_on(more, piece):
                answer["stopped"] = more["stopped"]
                break
    return answer


def _goes_on(more: dict[str, Any], piece: int) -> bool:
    """Whether only this piece has ended, by its calls or by its time."""
    made = int(more["api_requests"])
    return (more["stopped"] == "budget" and made >= piece) or (
        more["stopped"] == "no_time" and made > 0
    )


def _show_plan(planned: dict[str, Any], as_json: bool) -> None:
    if as_json:
        as_json_line(planned)
        return
    rows = (
        (one["client_id"], len(one["days"]), ", ".join(one["days"])) for one in planned["to_fill"]
    )
    table(("client", "days", "to fill in"), rows)
    done = f"{planned['ran']} ran as they should, {planned['filled']} were filled in before"
    say(f"{planned['left']} days of clients to fill in; {done}; nothing was stored")


def _show(answer: dict[str, Any]) -> None:
    head = ("client", "day", "posts", "new", "lists", "names", "short", "errors")
    rows = (
        (
            day["client_id"], day["day"], day["posts"], day["new"], day["lists"], day["names"],
            day["short"], ", ".join(f"{p}: {kind}" for p, kind in day["errors"].items()),
        )
        for day in answer["days"]
    )  # fmt: skip
    table(head, rows)
    stopped = f", stopped by {answer['stopped']}" if answer["stopped"] else ""
    say(f"{answer['left']} days left{stopped}; {answer['api_requests']} API calls; nobody was told")
