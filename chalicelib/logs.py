"""How every part logs, in one format: JSON lines on AWS, plain ones at a terminal.

Lines logged inside `about` carry its fields: slot, client and run, or account and outbox row. No
line contains a phone number, a key or a message text.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TextIO

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Lines logged in the block, and in what it passes to `parallel.side_by_side`, carry these
    fields and those of the enclosing blocks."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def configure(level: str | int, plain: str, stream: TextIO | None = None) -> None:
    """Sets up this process's log. On AWS each line is a JSON object with `timestamp`, `level`,
    `logger`, `message` and the fields; elsewhere it is `plain` (a format of the logging module),
    followed by the fields, unless the log has been set up already."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(terminal := logging.StreamHandler(stream))
        terminal.setFormatter(_Plain(plain))
        root.setLevel(level)
    if on_aws():
        root.setLevel(level)
        for handler in root.handlers:  # Lambda's runtime has installed its own
            handler.addFilter(_add_fields)
            handler.setFormatter(_json_formatter())


def on_aws() -> bool:
    """Whether this process runs in Lambda, or in the host's container."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ or "ECS_CONTAINER_METADATA_URI_V4" in os.environ


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in _ABOUT.get().items())
        return super().format(record) + (f" [{fields}]" if fields else "")


def _add_fields(record: logging.LogRecord) -> bool:
    record.__dict__.update(_ABOUT.get())
    return True


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp=True,
        json_ensure_ascii=False,
    )
