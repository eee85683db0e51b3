"""The child process of one account, as the host holds it: orders in, answers and reports out."""

from __future__ import annotations

import itertools
import logging
import os
import queue
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, cast

from wa_session_host import protocol
from wa_session_host.protocol import Answer, Asked, BadLine, Connect, Report, Stop

log = logging.getLogger(__name__)

CHILD = (sys.executable, "-m", "wa_session_host.child")
_LONGEST_LOG_LINE = 300


class ChildGone(Exception):
    """The child ended before it answered. `written`: it may have begun what was asked."""

    def __init__(self, written: bool) -> None:
        super().__init__("the child ended")
        self.written = written


class ChildRefused(Exception):
    """The child could not do it; the text is the library's."""


@dataclass
class _Pending:
    future: Future[Any]
    written: bool = False


class ChildProcess:
    """Runs until it ends or is killed. No call here waits for the child, but `wait`.

    `on_report` gets each report but answers, `on_end` is called once, last; both on a thread of
    the child's own.
    """

    def __init__(
        self,
        connect: Connect,
        on_report: Callable[[Report], None],
        on_end: Callable[[], None],
        command: Sequence[str] = CHILD,
    ) -> None:
        self._on_report = on_report
        self._on_end = on_end
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._lock = Lock()
        self._ended = False
        self._orders: queue.SimpleQueue[protocol.Order | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603  our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "NEONIZE_BOT_TAG": "off"},
            start_new_session=True,  # Ctrl-C reaches the host, which then decides
        )
        self.pid = self._process.pid
        self._orders.put(connect)
        self._threads = [
            Thread(target=target, name=f"child {self.pid} {target.__name__}", daemon=True)
            for target in (self._write, self._read, self._read_errors)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, make: Callable[[int], Asked]) -> Future[Any]:
        """Sends the order that `make(id)` makes. The future holds the answer's value, or
        ChildRefused, or ChildGone."""
        order = make(next(self._ids))
        pending = _Pending(Future())
        with self._lock:
            if self._ended:
                pending.future.set_exception(ChildGone(written=False))
                return pending.future
            self._pending[order.id] = pending
        self._orders.put(order)
        return pending.future

    def stop(self) -> None:
        """Asks the child to disconnect and end."""
        self._orders.put(Stop())

    def kill(self) -> None:
        """Ends the child at once, even a hanging one."""
        self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Whether the child has ended, after this time at most."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        for thread in self._threads:
            thread.join(seconds)
        return True

    def _write(self) -> None:
        stdin = cast("Any", self._process.stdin)
        while (order := self._orders.get()) is not None:
            pending = self._pending.get(getattr(order, "id", 0))
            if pending is not None:
                pending.written = True
            try:
                stdin.write(protocol.line(order))
                stdin.flush()
            except (OSError, ValueError):
                break
        try:
            stdin.close()
        except OSError:
            log.debug("the child had closed its pipe")

    def _read(self) -> None:
        with cast("Any", self._process.stdout) as stdout:
            for text in stdout:
                self._take(text)
        self._process.wait()
        self._orders.put(None)
        self._fail_pending()
        self._on_end()

    def _take(self, text: str) -> None:
        try:
            report = protocol.read_report(text)
        except BadLine as error:
            log.error("child %d wrote a line that is no report: %s", self.pid, error)
            return
        if not isinstance(report, Answer):
            self._on_report(report)
            return
        pending = self._pending.pop(report.id, None)
        if pending is None:
            log.warning("child %d answered an order that nobody waits for", self.pid)
        elif report.error is None:
            pending.future.set_result(report.value)
        else:
            pending.future.set_exception(ChildRefused(report.error))

    def _fail_pending(self) -> None:
        with self._lock:
            self._ended = True
        while self._pending:
            _, pending = self._pending.popitem()
            pending.future.set_exception(ChildGone(pending.written))

    def _read_errors(self) -> None:
        with cast("Any", self._process.stderr) as stderr:
            for text in stderr:
                log.info("child %d: %s", self.pid, masked(text.rstrip()))


def masked(text: str) -> str:
    """The line without phone numbers, chat ids and keys, and not too long."""
    text = re.sub(r"\d{5,}", "…", text)
    return re.sub(r"[A-Za-z0-9+/=_-]{40,}", "…", text)[:_LONGEST_LOG_LINE]
