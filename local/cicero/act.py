"""`cicero run-slot, run-client, dry-run, replay, add-post, restore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from chalicelib.errors import BadInput
from local.cicero.show import as_json_line, progress, say, table
from local.cicero.where import Place, placed

_AT = click.option("--at", help="The slot, such as 2026-02-20T17:00; by default today's latest.")


@click.command("run-slot")
@click.option("--at", required=True, help="The slot, such as 2026-02-20T17:00.")
@placed
def run_slot(place: Place, as_json: bool, at: str) -> None:
    """Open a slot that nobody opened; its jobs are sent, and the workers do them.

    Example: cicero run-slot --at 2026-02-20T17:00 --stage prod
    """
    answer = place.ask("run_slot", {"slot": at}, whole=True)
    if as_json:
        as_json_line(answer)
        return
    sent = f"{answer['dispatched']} of {answer['clients']} jobs sent"
    say(f"{answer['slot']}: {answer['result']}, {sent}")


@click.command("run-client")
@click.argument("client_id")
@_AT
@placed
def run_client(place: Place, as_json: bool, client_id: str, at: str | None) -> None:
    """Start one client's run over, including its posts; its job is sent, and a worker does it.

    Example: cicero run-client POLRES_X
    """
    answer = place.ask("run_client", {"client_id": client_id, "slot": at}, whole=True)
    if as_json:
        as_json_line(answer)
        return
    say(f"{answer['client']}: its run of {answer['slot']} starts over")


@click.command("dry-run")
@click.argument("client_ids", nargs=-1)
@_AT
@placed
def dry_run(place: Place, as_json: bool, client_ids: Sequence[str], at: str | None) -> None:
    """Say what run-client would store and tell now; store and send nothing.

    Makes the calls that the run would make. Without CLIENT_IDS: all clients that take part.

    Example: cicero dry-run POLRES_X --at 2026-02-20T17:00
    """
    chosen = client_ids or _taking_part(place)
    answers = []
    with progress("dry run", len(chosen)) as step:
        for number, client_id in enumerate(chosen, 1):
            event = {"client_id": client_id, "slot": at, "dry_run": True}
            answers.append(place.ask("run_client", event, whole=True))
            step(number)
    if as_json:
        as_json_line({"clients": answers})
        return
    for answer in answers:
        _foreseen(answer)


def _taking_part(place: Place) -> list[str]:
    lines = place.ask("look", {"show": "clients"})["lines"]
    found = [line["client_id"] for line in lines if line["active"] and line["feeds"]]
    if not found:
        raise BadInput("CLIENT_IDS", "no client takes part", "See `cicero clients check`.")
    return found


def _foreseen(answer: Mapping[str, Any]) -> None:
    ending = f"{answer['outcome']}" + (f", {answer['error_kind']}" if answer["error_kind"] else "")
    verdicts = ", ".join(f"{name} {verdict}" for name, verdict in answer["verdicts"].items())
    say(f"{answer['client_id']}, slot {answer['slot']}: {ending} ({verdicts})")
    for kind in ("added", "changed", "removed", "held"):
        for post in answer[kind]:
            say(f"  {kind}: {post['platform']} {post['content_id']}{_difference(post)}")
    for message in answer["messages"]:
        say(f"  would be sent: {message['kind']} to {message['chat']}")
        click.echo("\n".join(f"    {line}" for line in message["text"].splitlines()))
    spent = f"{answer['api_requests']} API calls made"
    say(f"  {len(answer['messages'])} messages; {spent}; nothing was stored or sent")


def _difference(post: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {value[0]} → {value[1]}"
        for name, value in post.items()
        if isinstance(value, list) and name != "caption"
    ]
    parts += ["caption"] if "caption" in post else []
    return f" ({', '.join(parts)})" if parts else ""


@click.command()
@click.option("--at", required=True, help="A slot of today that is closed, such as 17:00's.")
@placed
def replay(place: Place, as_json: bool, at: str) -> None:
    """Start those runs of a slot of today over that did not end as done.

    For dead letters, expired jobs and errors whose cause is gone. What was told is not told again.

    Example: cicero replay --at 2026-02-20T17:00
    """
    answer = place.ask("run_slot", {"slot": at, "again": True}, whole=True)
    if as_json:
        as_json_line(answer)
        return
    names = ", ".join(answer["clients"]) or "none: all of them ended as done"
    say(f"{answer['slot']}: runs that start over: {names}")


@click.command("add-post")
@click.argument("client_id")
@click.argument("link")
@placed
def add_post(place: Place, as_json: bool, client_id: str, link: str) -> None:
    """Store a post as a client's manual input, by its link, shortcode or id.

    Example: cicero add-post POLRES_X https://www.instagram.com/p/C8c2MRqtPfS/
    """
    answer = place.ask("add_post", {"client_id": client_id, "link": link}, whole=True)
    if as_json:
        as_json_line(answer)
        return
    news = "new today" if answer["new"] else "known today"
    post = f"{answer['platform']} {answer['content_id']}"
    say(f"{answer['client_id']}: {post} is stored ({answer['source_type']}, {news})")


@click.command()
@click.argument("content_id")
@placed
def restore(place: Place, as_json: bool, content_id: str) -> None:
    """Restore a removed post from the archive, with everything that was removed with it.

    Example: cicero restore C8c2MRqtPfS
    """
    answer = place.ask("restore_post", {"content_id": content_id})
    if as_json:
        as_json_line(answer)
        return
    table(("platform", "post", "clients"), [(
        answer["platform"], answer["content_id"], ", ".join(answer["client_ids"]),
    )])  # fmt: skip
