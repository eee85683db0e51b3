"""Where the workers' CPU goes, by function, over all of their threads: a profile by yappi.

Profiling takes several times the CPU of what it measures; only the shares are meaningful.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

VARIABLE = "CICERO_PROFILES"
"""Names the directory to which workers write their profiles; without it none is profiled."""

_PARTS = (
    (r"/chalicelib/social/guard|/redis/|/limits/", "limiter and breaker (Redis)"),
    (r"/chalicelib/social/(http|one_host)|/requests/|/urllib3/|/http/|/email/|tenacity", "HTTP"),
    (r"/chalicelib/social/|/pydantic|/json/", "reading the APIs' answers"),
    (r"/chalicelib/db/|/pg8000/|/scramp/|/aiosql/", "PostgreSQL"),
    (r"/chalicelib/queues|/botocore/|/boto3/", "SQS"),
    (r"/chalicelib/texts|/grapheme", "texts"),
    (r"/chalicelib/|/app\.py|/chalice/", "rules"),
)
OTHER = "other"

Place = tuple[str, str]
"""A part of the service, and a function in it."""


class Profiler:
    """Profiles this process during each `with` block, and writes the result."""

    def __init__(self, directory: Path | None) -> None:
        self._file = directory and directory / f"{os.getpid()}.json"

    @classmethod
    def of_environment(cls) -> Self:
        """The profiler that the environment asks for; without VARIABLE it does nothing."""
        directory = os.environ.get(VARIABLE)
        return cls(Path(directory) if directory else None)

    def __enter__(self) -> None:
        if self._file:
            import yappi

            yappi.set_clock_type("cpu")
            yappi.start()

    def __exit__(self, *_: object) -> None:
        if self._file:
            import yappi

            yappi.stop()
            self._file.write_text(json.dumps(list(_seconds(yappi.get_func_stats()))))


def profiles(directory: Path) -> Counter[Place]:
    """What all workers have written: each place's own CPU time, in microseconds."""
    total: Counter[Place] = Counter()
    for file in directory.glob("*.json"):
        for part, function, microseconds in json.loads(file.read_text()):
            total[part, function] += microseconds
    return total


def _seconds(stats: Iterable[Any]) -> Iterable[tuple[str, str, int]]:
    for stat in stats:
        yield (
            part_of_file(stat.module),
            f"{Path(stat.module).stem}.{stat.name}",
            round(stat.tsub * 1e6),
        )


def part_of_file(file: str) -> str:
    """The part of the service that a source file belongs to."""
    return next((part for pattern, part in _PARTS if re.search(pattern, file)), OTHER)
