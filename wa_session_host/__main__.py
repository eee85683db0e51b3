"""`python -m wa_session_host`: the host, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import sys
from threading import Event

from chalicelib.errors import ConfigurationError
from chalicelib.runtime import Runtime
from chalicelib.settings import load_settings
from wa_session_host.console import ConsoleTransport
from wa_session_host.consumer import Consumer

log = logging.getLogger("wa_session_host")


def main() -> int:
    """0 after a clean stop, 2 where the settings are unusable."""
    try:
        settings = load_settings()
        _refuse_console_on_aws()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    transport = ConsoleTransport(settings.wa_auth_data_path, sys.stdout)
    try:
        Consumer(Runtime(settings), transport, stop).run()
    finally:
        transport.close()
    log.info("stopped")
    return 0


def _refuse_console_on_aws() -> None:
    """The console transport prints chats and texts, which must never reach CloudWatch."""
    if "ECS_CONTAINER_METADATA_URI_V4" in os.environ:
        raise ConfigurationError("WA_TRANSPORT: console is for local runs; its output is a log.")


if __name__ == "__main__":
    sys.exit(main())
