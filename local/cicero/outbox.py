"""`cicero outbox …`: the messages, listed, shown, sent again or cancelled."""

from __future__ import annotations

from typing import Any

import click

from local.cicero.show import as_json_line, say, table
from local.cicero.where import Place, placed


@click.group()
def outbox() -> None:
    """Messages: list and show them, resend or cancel one."""


@outbox.command("list")
@click.option("--status", help="Only messages in this state, such as uncertain.")
@click.option("--most", default=20, show_default=True, help="How many, the newest first.")
@click.option("--old", is_flag=True, help="Those that the previous service left.")
@placed
def outbox_list(place: Place, as_json: bool, status: str | None, most: int, old: bool) -> None:
    """The newest messages and their states.

    Example: cicero outbox list --status uncertain
    """
    answer = place.ask("outbox", {"action": "list", "status": status, "most": most, "old": old})
    if as_json:
        as_json_line(answer)
        return
    table(
        ("id", "client", "kind", "state", "tries", "slot", "error"),
        (
            (
                row["outbox_id"], row["client_id"], row["kind"], row["status"],
                row["attempt_count"], (row["slot"] or "")[:16].replace("T", " "),
                row["error_message"],
            )
            for row in answer["messages"]
        ),
    )  # fmt: skip


@outbox.command("show")
@click.argument("outbox_id", type=int)
@placed
def outbox_show(place: Place, as_json: bool, outbox_id: int) -> None:
    """Everything about one message, its text last.

    Example: cicero outbox show 123
    """
    answer = place.ask("outbox", {"action": "show", "outbox_id": outbox_id})
    if as_json:
        as_json_line(answer)
        return
    text = answer.pop("text")
    click.echo("\n".join(f"{name}: {value}" for name, value in answer.items()))
    click.echo(f"\n{text or ''}")


@outbox.command("redrive")
@click.argument("outbox_id", type=int)
@click.option("--late", is_flag=True, help="Even if it has expired; for half an hour more.")
@placed
def outbox_redrive(place: Place, as_json: bool, outbox_id: int, late: bool) -> None:
    """Resend a message that has failed for good, is uncertain or has expired.

    Example: cicero outbox redrive 123 --late
    """
    _act(place, as_json, {"action": "redrive", "outbox_id": outbox_id, "late": late})


@outbox.command("cancel")
@click.argument("outbox_id", type=int)
@click.option("--not-sent", is_flag=True, help="The uncertain message certainly did not arrive.")
@placed
def outbox_cancel(place: Place, as_json: bool, outbox_id: int, not_sent: bool) -> None:
    """Cancel a message that was not sent; the next one tells its changes.

    Example: cicero outbox cancel 123 --not-sent
    """
    _act(place, as_json, {"action": "cancel", "outbox_id": outbox_id, "not_sent": not_sent})


def _act(place: Place, as_json: bool, event: dict[str, Any]) -> None:
    answer = place.ask("outbox", event, whole=True)
    if as_json:
        as_json_line(answer)
        return
    back = answer["changes_given_back"]
    more = f"; the next message tells its {back} changes" if back else ""
    say(f"message {answer['outbox_id']} is {answer['status']}{more}")
