"""SQS for the duration of a run: fauxqs, or moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.services import Fauxqs, ServiceError


@dataclass(frozen=True)
class Emulator:
    """What plays SQS, and the settings that point to it; moto is started by the stack itself."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)


@contextmanager
def emulator(moto: bool = False) -> Iterator[Emulator]:
    """fauxqs if npx is installed and can fetch it; otherwise moto, and the name says why. With
    `moto`, always moto."""
    if moto:
        yield Emulator("moto")
        return
    try:
        fauxqs = Fauxqs().start()
    except ServiceError as error:
        yield Emulator(f"moto ({str(error).splitlines()[0]})")
        return
    try:
        yield Emulator("fauxqs", {"AWS_ENDPOINT_URL_SQS": fauxqs.url})
    finally:
        fauxqs.stop()
