"""The size of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.errors import BadInput
from chalicelib.slots import Slot
from local.sandbox.scenario import Scenario, crowd

DAY = date(2026, 2, 20)
SLOT = Slot.parse("2026-02-20T12:00+07:00")
"""Every gate is open, and it is the first slot of the day that the service sees."""

UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Load:
    """How many clients, each with how many Instagram posts and TikTok videos of the day.

    `latency_ms` is the time of each API call; `rate` the calls a second that each API allows, 0 for
    no limit. The baseline is measured on `one_by_one` clients, 0 for all. With `moto`, moto plays
    SQS even where fauxqs could.
    """

    clients: int = 100
    posts: int = 6
    likers: int = 250
    videos: int = 3
    comments: int = 120
    latency_ms: float = 150
    rate: int = 0
    workers: int = 24
    one_by_one: int = 2
    moto: bool = False

    def __post_init__(self) -> None:
        for name, least in (("clients", 1), ("workers", 1), ("rate", 0), ("latency_ms", 0)):
            if getattr(self, name) < least:
                raise BadInput(
                    f"--{name.removesuffix('_ms')}", f"is below {least}", "Choose a greater number."
                )

    @property
    def latency(self) -> float:
        """In seconds."""
        return self.latency_ms / 1000

    @property
    def settings(self) -> dict[str, str]:
        """The service's settings for this load."""
        return {"RAPIDAPI_REQUESTS_PER_SECOND": str(self.rate or UNLIMITED)}

    def scenario(self) -> Scenario:
        """The units with their worlds; no faults."""
        return crowd(DAY, self.clients, self.posts, self.likers, self.videos, self.comments)
