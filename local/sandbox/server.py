"""Starts the sandbox in its own process, where its work does not slow the caller down."""

import json
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any, Self, cast

from local.sandbox.http_server import HOST
from local.sandbox.scenario import Scenario

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 30.0


class Sandbox:
    """The sandbox API over one scenario, from `start()` (or `with`) until `stop()`.

    Every API answer takes `latency_seconds`. It ends with the process that started it.
    """

    def __init__(self, scenario: Scenario, latency_seconds: float = 0.0, port: int = 0) -> None:
        self._settings = (scenario.world, latency_seconds)
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The value for both RapidAPI host settings; known once it has been started."""
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> dict[str, int]:
        """API requests since the start, per path."""
        counts: dict[str, int] = self.stats()["requests"]
        return counts

    def stats(self) -> dict[str, Any]:
        """`requests` per path, their `total`, answers per status as `statuses`; `times`: when
        the requests of each product arrived, in `time.monotonic()` seconds, ascending; and `bytes`,
        the size of the bodies sent."""
        stats: dict[str, Any] = self._call("GET", "/_sandbox/stats")
        return stats

    def set_now(self, moment: datetime | None) -> None:
        """Stops the sandbox's clock at an aware moment; None returns to the real clock."""
        self._call("PUT", "/_sandbox/now", {"now": moment and moment.isoformat()})

    def set_faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the faults; each takes the fields of `local.sandbox.faults.Fault`, and the
        parameters of its kind. Raises ValueError, and changes nothing, if one is invalid."""
        self._call("PUT", "/_sandbox/faults", [dict(fault) for fault in faults])

    def start(self) -> Self:
        """Returns when it answers; raises RuntimeError if it cannot listen on its port."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.sandbox.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=PROJECT,
                start_new_session=True,  # Ctrl-C goes to the parent only, which then stops this one
            )
            self._port = self._hand_over(self._process)
        return self

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        if self._process is not None:
            for pipe in _pipes(self._process):
                pipe.close()
            self._process.wait(TIMEOUT_SECONDS)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hand_over(self, process: subprocess.Popen[bytes]) -> int:
        to_child, from_child = _pipes(process)
        pickle.dump((*self._settings, self._port), to_child)
        to_child.flush()
        line = from_child.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the sandbox did not start on port {self._port}")
        return int(line)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        with closing(HTTPConnection(HOST, self._port, timeout=TIMEOUT_SECONDS)) as connection:
            connection.request(method, path, json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())
        if response.status != 200:
            raise ValueError(answer["message"])
        return answer


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Its standard input and its standard output."""
    return cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
