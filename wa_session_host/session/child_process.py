"""The host's side of an account's child process: orders in, answers and reports out."""

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
from threading import Lock, Thread
from typing import IO, cast

from wa_session_host import protocol
from wa_session_host.protocol import Answered, Asked, BadLine, Begun, Connect, Report, Stop

log = logging.getLogger(__name__)

CHILD = (sys.executable, "-m", "wa_session_host.child")
_LONGEST_LOG_LINE = 300


class ChildGone(Exception):
    """The child ended before it answered."""

    def __init__(self) -> None:
        super().__init__("the child ended")


class ChildRefused(Exception):
    """The child could not carry out the order; the text is the library's."""


class Reply(Future[protocol.Value]):
    """A pending answer: its value, or ChildRefused, or ChildGone.

    `begun`: the child has started on the order, which may have had an effect since.
    """

    begun = False


def gone() -> Reply:
    """The reply when there is no child to ask."""
    reply = Reply()
    reply.set_exception(ChildGone())
    return reply


class ChildProcess:
    """Runs until it ends or is killed. No method waits for the child, except `wait`.

    `on_report` gets every report except answers; `on_end` is called once, last; both on one of
    this object's threads. Raises OSError or RuntimeError if no process or thread can be started.
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
        self._replies: dict[int, Reply] = {}
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
            for target in (self._write, self._read_errors, self._read)
        ]
        self._start_threads()

    def _start_threads(self) -> None:
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError:  # no thread is left: nobody would hear what the child says
            self.kill()
            self._process.wait()
            self._orders.put(None)
            raise

    def ask(self, make: Callable[[int], Asked]) -> Reply:
        """Sends the order that `make(id)` returns."""
        order = make(next(self._ids))
        reply = Reply()
        with self._lock:
            if self._ended:
                return gone()
            self._replies[order.id] = reply
        self._orders.put(order)
        return reply

    def stop(self) -> None:
        """Asks the child to disconnect and end."""
        self._orders.put(Stop())

    def kill(self) -> None:
        """Ends the child at once, even a hanging one."""
        self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Waits up to `seconds` for the child to end; returns whether it has."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        for thread in self._threads:
            thread.join(seconds)
        return True

    def _write(self) -> None:
        stdin = cast("IO[str]", self._process.stdin)
        while (order := self._orders.get()) is not None:
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
        with cast("IO[str]", self._process.stdout) as stdout:
            for text in stdout:
                self._take(text)
        self._process.wait()
        self._orders.put(None)
        self._fail_replies()
        self._on_end()

    def _take(self, text: str) -> None:
        try:
            report = protocol.read_report(text)
        except BadLine as error:
            log.error("child %d wrote a line that is no report: %s", self.pid, error)
            return
        match report:
            case Begun():
                if (reply := self._replies.get(report.id)) is not None:
                    reply.begun = True
            case Answered():
                self._answered(report)
            case _:
                self._on_report(report)

    def _answered(self, answer: Answered) -> None:
        reply = self._replies.pop(answer.id, None)
        if reply is None:
            log.warning("child %d answered an order that nobody waits for", self.pid)
        elif answer.error is None:
            reply.set_result(answer.value)
        else:
            reply.set_exception(ChildRefused(answer.error))

    def _fail_replies(self) -> None:
        with self._lock:
            self._ended = True
        while self._replies:
            _, reply = self._replies.popitem()
            reply.set_exception(ChildGone())

    def _read_errors(self) -> None:
        with cast("IO[str]", self._process.stderr) as stderr:
            for text in stderr:
                log.info("child %d: %s", self.pid, masked(text.rstrip()))


def masked(text: str) -> str:
    """The line without phone numbers, chat ids and keys, shortened if it is long."""
    text = re.sub(r"\d{5,}", "…", text)
    return re.sub(r"[A-Za-z0-9+/=_-]{40,}", "…", text)[:_LONGEST_LOG_LINE]
