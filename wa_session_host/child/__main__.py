"""One WhatsApp account's own process: `python -m wa_session_host.child`, started by the host.

Orders come in on standard input, reports go out on standard output; whatever the library prints
goes to standard error. The library's connect() may raise or return while its socket stays open, so
the process ends when it does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread, Timer
from typing import IO

from wa_session_host import protocol
from wa_session_host.child.account import Account
from wa_session_host.protocol import Answered, Asked, Begun, Connect, Ping, Report, Send

_STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serves the host until it closes the pipe or orders a stop, or the library gives up."""
    die_with_parent()
    os.environ["NEONIZE_BOT_TAG"] = "off"
    orders, reports = _take_pipe()
    lock = Lock()

    def report(message: Report) -> None:
        with lock:
            reports.write(protocol.line(message))
            reports.flush()

    first = protocol.read_order(orders.readline())
    if not isinstance(first, Connect):
        raise SystemExit("the first order must be connect")
    account = Account(first, report)
    Thread(target=_serve, args=(orders, account, report), daemon=True).start()
    error = ""
    try:
        account.connect()
    except Exception as problem:  # noqa: BLE001  whatever it is, the host decides what follows
        error = f"{type(problem).__name__}: {problem}"
    report(protocol.Ended(error=error))
    os._exit(0)  # the library's threads would keep the process alive


def _serve(orders: IO[str], account: Account, report: Callable[[Report], None]) -> None:
    """Carries out orders. Pings never wait for a send."""
    with ThreadPoolExecutor(4) as workers:
        for text in orders:
            order = protocol.read_order(text)
            if isinstance(order, Ping):
                account.pong(order)
            elif isinstance(order, protocol.Stop):
                break
            elif not isinstance(order, Connect):
                workers.submit(_answer, account, order, report)
        Timer(_STOP_SECONDS, os._exit, (1,)).start()
        account.stop()


def _answer(account: Account, order: Asked, report: Callable[[Report], None]) -> None:
    if isinstance(order, Send):
        report(Begun(id=order.id))
    try:
        report(Answered(id=order.id, value=account.answer(order)))
    except Exception as problem:  # noqa: BLE001  the host reads the text
        report(Answered(id=order.id, error=str(problem) or type(problem).__name__))


def _take_pipe() -> tuple[IO[str], IO[str]]:
    """The streams of orders and reports; from now on all prints go to standard error."""
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return sys.stdin, reports


def die_with_parent() -> None:
    """Has Linux kill this process when the host ends, even if it hangs. Elsewhere the end of the
    pipe does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
