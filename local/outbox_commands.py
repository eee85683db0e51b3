"""`python -m local outbox …`: what the handler `outbox` does, from this machine."""

from __future__ import annotations

import click

from local.access import ask_outbox, invoke


@click.group()
def outbox() -> None:
    """Messages: list and show them, resend or cancel one."""


@outbox.command("list")
@click.option("--status", help="Only messages in this state.")
@click.option("--most", default=20, show_default=True, help="How many, the newest first.")
@click.option("--old", is_flag=True, help="Those that the previous service left.")
def outbox_list(status: str | None, most: int, old: bool) -> None:
    """The newest messages and their states."""
    from local.show import print_outbox

    answer = ask_outbox({"action": "list", "status": status, "most": most, "old": old})
    print_outbox(answer["messages"])


@outbox.command("show")
@click.argument("outbox_id", type=int)
def outbox_show(outbox_id: int) -> None:
    """Everything about one message, its text last."""
    answer = ask_outbox({"action": "show", "outbox_id": outbox_id})
    text = answer.pop("text")
    click.echo("\n".join(f"{name}: {value}" for name, value in answer.items()))
    click.echo(f"\n{text or ''}")


@outbox.command("redrive")
@click.argument("outbox_id", type=int)
@click.option("--late", is_flag=True, help="Even if it has expired; for half an hour more.")
def outbox_redrive(outbox_id: int, late: bool) -> None:
    """Resend a message that has failed for good, is uncertain or has expired."""
    invoke("outbox", {"action": "redrive", "outbox_id": outbox_id, "late": late})


@outbox.command("cancel")
@click.argument("outbox_id", type=int)
@click.option("--not-sent", is_flag=True, help="The uncertain message certainly did not arrive.")
def outbox_cancel(outbox_id: int, not_sent: bool) -> None:
    """Cancel a message that was not sent; the next one tells its changes."""
    invoke("outbox", {"action": "cancel", "outbox_id": outbox_id, "not_sent": not_sent})
