"""How a command ends: an error that a person can fix is one clear message.

Exit codes. 0: done. 1: it failed, or found something wrong. 2: the input or the settings are wrong,
and nothing was done. 130: interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from chalicelib.errors import BadInput, CiceroError, ConfigurationError, DatabaseUnavailable
from local.services import ServiceError
from local.signals import end_on_signals

_WRONG_INPUT = (BadInput, ConfigurationError, DatabaseUnavailable)


def run(group: click.Group, name: str | None = None, words: Sequence[str] | None = None) -> int:
    """Runs a command of the group, by default that of the command line; returns its exit code."""
    try:
        code = group.main(words, prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort as end:
        if isinstance(end.__cause__, EOFError):  # click takes any EOFError for a person's Ctrl-D
            raise end.__cause__ from None
        return 130
    except (CiceroError, ServiceError) as error:
        click.echo(f"Error: {error}", err=True)
        from local.slot_run import SlotRefused

        return 2 if isinstance(error, (*_WRONG_INPUT, SlotRefused)) else 1
    return code if isinstance(code, int) else 0


def main_of(group: click.Group, name: str | None = None) -> int:
    """The same for a process: signals end it as Ctrl-C does."""
    end_on_signals()
    return run(group, name)
