"""`cicero status, slots, client, groups`: what is stored, how old and how complete it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import click

from local.cicero.show import as_json_line, clock, hour, say, table
from local.cicero.where import Place, placed

_DAY = click.option("--day", help="A WIB day, such as 2026-02-20; by default today.")

Json = Mapping[str, Any]


@click.command()
@placed
def status(place: Place, as_json: bool) -> None:
    """Today at a glance: slots, clients, messages, API calls, and what needs a person.

    Example: cicero status --stage prod
    """
    answer = place.ask("look", {"show": "status"})
    if as_json:
        as_json_line(answer)
        return
    today = answer["today"]
    say(f"{today['day']}, as of {hour(today['read_at'])} WIB: {today['standing']}")
    table(("what", "how it stands"), _standings(answer))
    concerns = answer["concerns"]
    if not concerns["concerns"]:
        say("nothing needs a person")
    else:
        rows = [(one["kind"], one["total"], _case(one["cases"])) for one in concerns["concerns"]]
        table(("needs a person", "cases", "the first of them"), rows)
    if not concerns["routes_known"]:
        say("Redis does not say which API routes are closed")


def _standings(answer: Json) -> Iterator[tuple[str, str]]:
    today, counters = answer["today"], answer["today"]["counters"]
    last = today["last"]
    yield "last slot", f"{hour(last['slot'])} {last['state']}" if last else "none was opened yet"
    states = Counter(one["state"] for one in today["slots"]["slots"])
    yield "slots", ", ".join(f"{count} {state}" for state, count in states.items())
    by = ", ".join(f"{count} {name}" for name, count in counters["by_standing"].items() if count)
    yield "clients", f"{counters['clients']} active: {by or 'none'}"
    oldest = today["oldest"]
    if oldest:
        since = clock(oldest["slot"]) or "not read in two days"
        yield "oldest data", f"{oldest['client_id']} ({oldest['platform']}): {since}"
    yield "runs", f"{counters['runs']}, {counters['runs_failed']} with errors"
    new, gone, held = (counters[f"posts_{name}"] for name in ("new", "removed", "held"))
    yield "posts", f"{new} new, {gone} removed, {held} held"
    yield "lists", f"{counters['lists']} read, {counters['lists_incomplete']} not to their end"
    messages = ", ".join(f"{n} {state}" for state, n in counters["messages"].items() if n)
    yield "messages", messages or "none"
    calls = answer["calls"]
    counted = f"in {calls['slots_counted']} of {calls['slots_ended']} slots counted so far"
    for one in calls["platforms"]:
        limit = f" of {one['budget']} a day" if one["budget"] else ""
        told = f"{one['today']} today{limit}, {one['month']} this month, {counted}"
        yield f"{one['platform']} calls", told


def _case(cases: list[Json]) -> str:
    told = ("client_id", "platform", "content_id", "outbox_id", "slot", "detail")
    parts = [f"{cases[0][name]}" for name in told if cases and cases[0][name] is not None]
    return ", ".join(parts)


@click.command()
@_DAY
@placed
def slots(place: Place, as_json: bool, day: str | None) -> None:
    """The 34 slots of a day: state, clients, posts, messages, calls, seconds.

    Example: cicero slots --day 2026-02-20
    """
    answer = place.ask("look", {"show": "slots", "day": day})
    if as_json:
        as_json_line(answer)
        return
    head = ("slot", "state", "standing", "done", "failed", "new", "messages", "API", "seconds")
    rows = (
        (hour(one["slot"]), one["state"], one["standing"], *_totals(one["totals"]), one["seconds"])
        for one in answer["slots"]
    )
    table(head, rows, title=f"{answer['day']}, as of {clock(answer['read_at'])} WIB")


def _totals(totals: Json | None) -> tuple[Any, ...]:
    names = ("done", "failed", "posts_new", "messages", "api_requests")
    return tuple(totals[name] if totals else None for name in names)


@click.command()
@click.argument("client_id")
@_DAY
@placed
def client(place: Place, as_json: bool, client_id: str, day: str | None) -> None:
    """One client's day: how fresh it is, what happened, its posts, what it would be told now.

    Example: cicero client POLRES_X
    """
    answer = place.ask("look", {"show": "client", "client_id": client_id, "day": day})
    if as_json:
        as_json_line(answer)
        return
    line = answer["line"]
    state = "active" if line["active"] else "inactive"
    say(f"{line['client_id']}, {line['name']}: {state}, {line['standing']}")
    feeds = (
        (one["platform"], one["handle"], one["standing"], clock(one["slot"]), one["error_kind"])
        for one in line["feeds"]
    )
    table(("platform", "account", "standing", "data from", "error"), feeds)
    events = ((hour(one["at"]), one["kind"], _event(one)) for one in answer["timeline"])
    as_of = clock(answer["read_at"])
    table(("at", "event", "what"), events, title=f"{answer['day']}, as of {as_of} WIB")
    _posts(answer["posts"])
    told = answer["told_now"]
    if told:
        say(f"would be told now: {told['send']}, because {told['why']}")


def _event(one: Json) -> str:
    results = [
        f"{result['platform']} {result['verdict'] or ''}".strip() for result in one["results"]
    ]
    told = ("outcome", "error_kind", "change", "platform", "content_id", "message_kind", "status")
    return ", ".join([*results, *(str(one[name]) for name in told if one[name] is not None)])


def _posts(posts: list[Json]) -> None:
    head = ("platform", "post", "made", "likes", "comments", "names", "list")
    rows = (
        (
            one["platform"], one["content_id"], clock(one["created_at"]), one["like_count"],
            one["comment_count"], one["stored"], _coverage(one),
        )
        for one in posts
    )  # fmt: skip
    table(head, rows)


def _coverage(post: Json) -> str:
    """How the newest read of a post's list ended, how much of it that was, and when."""
    if not post["read_at"]:
        return "never read"
    share = f", {post['share']:.0%}" if post["share"] is not None else ""
    return f"{post['ended']}{share} at {hour(post['read_at'])}"


@click.command()
@placed
def groups(place: Place, as_json: bool) -> None:
    """Every WhatsApp group of the active clients, and clients without one.

    Example: cicero groups --json
    """
    answer = place.ask("look", {"show": "groups"})
    if as_json:
        as_json_line(answer)
        return
    table(
        ("group", "clients"),
        ((one["chat"], ", ".join(one["client_ids"])) for one in answer["groups"]),
    )
    for client_id, refused in answer["without_or_refused"].items():
        say(f"{client_id}: {refused} entries are no group ids" if refused else f"{client_id}: none")
