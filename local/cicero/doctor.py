"""`cicero doctor`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from chalicelib.doctor.finding import of_settings
from chalicelib.errors import ConfigurationError
from chalicelib.slots import WIB
from local.cicero.show import as_json_line, say, table
from local.cicero.where import Place, Refused, placed


@click.command()
@click.option("--no-calls", is_flag=True, help="Make no call to the APIs.")
@placed
def doctor(place: Place, as_json: bool, no_calls: bool) -> None:
    """Check settings, database, Redis, queues, API keys, WhatsApp, schedules, clients and groups.

    Makes one cheap call to each API. Changes nothing. Exit code 1 if there is an error.

    Example: cicero doctor --stage prod
    """
    try:
        answer = place.ask("look", {"show": "doctor", "calls": not no_calls}, whole=True)
    except (ConfigurationError, Refused) as error:
        found = [asdict(one) for one in of_settings(ConfigurationError(str(error)))]
        answer = {"read_at": datetime.now(WIB).isoformat(), "findings": found}
    show_findings(answer, as_json)


def show_findings(answer: dict[str, Any], as_json: bool) -> None:
    """Prints findings; ends the command with 1 if one is an error."""
    findings = answer["findings"]
    if as_json:
        as_json_line(answer)
    else:
        rows = ((one["check"], one["state"], one["what"], one["fix"]) for one in findings)
        table(("check", "state", "found", "fix"), rows)
        states = [one["state"] for one in findings]
        say(f"errors: {states.count('error')}, warnings: {states.count('warning')}")
    if any(one["state"] == "error" for one in findings):
        raise click.exceptions.Exit(1)
