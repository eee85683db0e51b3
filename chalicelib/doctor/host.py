"""The WhatsApp accounts: who holds them, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chalicelib.chats import read_people
from chalicelib.doctor.finding import Finding
from chalicelib.lease_key import lock_of
from chalicelib.runtime import Runtime

_LONG = timedelta(minutes=15)


def operators(runtime: Runtime) -> Iterator[Finding]:
    """Whether anybody is told of trouble."""
    settings = runtime.settings
    people = read_people(f"{settings.admin_whatsapp}\n{settings.gateway_whatsapp_admin}")
    if people.chats:
        yield Finding("operators", "ok", f"chats that get reports and alerts: {len(people.chats)}")
    else:
        fix = "Set ADMIN_WHATSAPP to the operators' numbers."
        yield Finding("operators", "warning", "nobody gets reports and alerts", fix)


def whatsapp(runtime: Runtime) -> Iterator[Finding]:
    """Whether a host holds each account. Whether that account is paired is on its page alone."""
    settings = runtime.settings
    accounts = {settings.gateway_wa_client_id, settings.wa_log_client_id} - {None}
    for account in sorted(filter(None, accounts)):
        with runtime.db.transaction() as tx:
            owner = tx.first("lease.owner", key=lock_of(account))
        if owner is None:
            fix = "Start the host (docs/deploy.md); `make dev` has one here. Pair it on its page."
            yield Finding("whatsapp", "error", f"no host holds the account {account}", fix)
        else:
            name = (owner["name"] or "").split(" ")
            host = name[1] if len(name) > 1 else "an unnamed connection"
            yield Finding("whatsapp", "ok", f"{host} holds the account {account}")


def messages(runtime: Runtime) -> Iterator[Finding]:
    """Messages that wait too long, or for a person."""
    with runtime.db.transaction() as tx:
        waiting = tx.run("doctor.waiting")[0]
    if waiting["undecided"]:
        problem = f"{waiting['undecided']} messages wait for a decision"
        fix = "See `cicero outbox list --status uncertain` and `dead_letter`; redrive or cancel."
        yield Finding("messages", "warning", problem, fix)
    oldest = waiting["oldest"]
    if oldest is not None and runtime.now() - oldest > _LONG:
        minutes = int((runtime.now() - oldest).total_seconds() // 60)
        problem = f"the oldest message has waited for {minutes} minutes"
        yield Finding(
            "messages", "warning", problem, "See the host's page: its account may be down."
        )
    elif not waiting["undecided"]:
        yield Finding("messages", "ok", "none waits too long or for a decision")
