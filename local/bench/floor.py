"""The time that no run can beat, and how a run compares with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """Seconds, and how they were derived, in words."""

    seconds: float
    rule: str

    def times(self, seconds: float) -> float:
        """How many times the floor a run took."""
        return seconds / self.seconds if self.seconds else float("inf")


def floor_of(calls: Mapping[str, int], rate: int, chain: int, latency: float) -> Floor:
    """The greater of two times: what the rate allows, and one client's longest chain.

    `calls` are counted per API; the rate applies to each API separately, and 0 means no limit.
    """
    chained = Floor(
        chain * latency, f"longest chain of dependent calls: {chain} × {latency * 1000:g} ms"
    )
    if not rate:
        return chained
    api, most = max(calls.items(), key=lambda pair: pair[1], default=("no API", 0))
    limited = Floor(most / rate, f"{most} calls of {api} ÷ {rate} a second")
    return max(chained, limited, key=lambda floor: floor.seconds)


def ratio(one_by_one: float, seconds: float) -> float:
    """How many times faster the run was than the same calls one at a time."""
    return one_by_one / seconds if seconds else float("inf")
