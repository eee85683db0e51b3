"""`python -m tests.wa_child.host [COMMAND...]`: the real host with short delays, over children with
this command line, or over its own."""

from __future__ import annotations

import logging
import signal
import sys
from threading import Event

from chalicelib.settings import load_settings
from wa_session_host.host import Host, Overrides
from wa_session_host.lease import LeaseTimes
from wa_session_host.session.child_process import CHILD
from wa_session_host.session.snapshot import Times

TIMES = Times(tick=0.05, ping=0.5, backoff=0.1, longest_backoff=1.0, replaced_retry=1.0)
LEASE_TIMES = LeaseTimes(beat=0.2, valid=1.0, settle=1.5)


def main(arguments: list[str]) -> int:
    logging.basicConfig(level="INFO")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = load_settings(env_file=None)
    return Host(settings, Overrides(arguments or CHILD, TIMES, LEASE_TIMES)).run(stop.is_set)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
