"""`python -m wa_session_host`: the host, until SIGTERM or SIGINT.

`python -m wa_session_host hash-password` asks for the page's password and prints its hash.
"""

from __future__ import annotations

import getpass
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from chalicelib import logs
from chalicelib.errors import ConfigurationError
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings, load_settings
from wa_session_host.sending.console import ConsoleTransport
from wa_session_host.sending.consumer import Consumer

log = logging.getLogger("wa_session_host")


def main(arguments: list[str]) -> int:
    """Returns 0 after a clean stop, 1 if a part ended by itself, 2 if the settings are unusable,
    and 3 if WA_STRICT_SINGLE_OWNER is set and another host owns the account."""
    if arguments == ["hash-password"]:
        return _hash_password()
    if arguments:
        sys.stderr.write("usage: python -m wa_session_host [hash-password]\n")
        return 2
    try:
        settings = load_settings()
        if settings.wa_transport == "console":
            _refuse_console_on_aws()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(settings.log_level, "%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    code = (
        _print_messages(settings, stop)
        if settings.wa_transport == "console"
        else (_send_messages(settings, stop))
    )
    log.info("stopped")
    return code


def _print_messages(settings: Settings, stop: Event) -> int:
    transport = ConsoleTransport(Path(settings.wa_auth_data_path), sys.stdout)
    runtime = Runtime(settings)
    with _window(settings, runtime):
        try:
            Consumer(runtime, transport, stop).run()
        finally:
            transport.close()
    return 0


@contextmanager
def _window(settings: Settings, runtime: Runtime) -> Iterator[None]:
    """The page of a host without accounts, where somebody may log in to it; it costs half a second
    that a run of one slot would spend for nothing."""
    if not (settings.wa_page_users or settings.wa_page_password_hash):
        yield
        return
    from wa_session_host.page import serving_alone

    with serving_alone(settings, runtime.now):
        yield


def _send_messages(settings: Settings, stop: Event) -> int:
    from wa_session_host.host import Host

    return Host(settings).run(stop.is_set)


def _refuse_console_on_aws() -> None:
    """The console transport prints chats and texts, which must never reach CloudWatch."""
    if "ECS_CONTAINER_METADATA_URI_V4" in os.environ:
        raise ConfigurationError("WA_TRANSPORT: console is for local runs; its output is a log.")


def _hash_password() -> int:
    """Reads the password from the terminal, or a line of standard input."""
    from wa_session_host.page import passwords  # loads the page, which few starts need

    terminal = sys.stdin.isatty()
    password = getpass.getpass("Password: ") if terminal else sys.stdin.readline().rstrip("\n")
    try:
        print(passwords.hash_password(password))
    except passwords.WeakPassword as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
