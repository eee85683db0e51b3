"""Metrics for Prometheus. They hold no number, chat or text; accounts are named as in settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wa_session_host.session import states
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot

_COUNTERS: Mapping[str, tuple[str, Callable[[Snapshot], int]]] = {
    "child_starts": ("Child processes started", lambda shot: shot.restarts),
    "undecryptable": ("Received messages that could not be read", lambda shot: shot.undecryptable),
    "retry_receipts": ("Messages asked for again", lambda shot: shot.retry_receipts),
    "retry_receipts_too_late": (
        "Of these, messages that the child no longer has",
        lambda shot: shot.retry_receipts_too_late,
    ),
}


class Metrics:
    """This host's metrics, in their own registry."""

    def __init__(self, sessions: Mapping[str, Session], lease_held: Callable[[], bool]) -> None:
        self._registry = CollectorRegistry()
        self._tries = Counter(
            "cicero_wa_tries",
            "Tries to send, by how the message was left",
            ["account", "status"],
            registry=self._registry,
        )
        self._registry.register(_Sessions(sessions, lease_held))

    def tried(self, account: str, status: str) -> None:
        self._tries.labels(account, status).inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Sessions(Collector):
    def __init__(self, sessions: Mapping[str, Session], lease_held: Callable[[], bool]) -> None:
        self._sessions = sessions
        self._lease_held = lease_held

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "cicero_wa_lease_held", "1 while this host owns its accounts", float(self._lease_held())
        )
        ready = GaugeMetricFamily("cicero_wa_ready", "1 while it can send", labels=["account"])
        state = GaugeMetricFamily(
            "cicero_wa_state", "1 for the state it is in", labels=["account", "state"]
        )
        for account, session in self._sessions.items():
            ready.add_metric([account], float(session.ready()))
            for name in states.STATES:
                state.add_metric([account, name], float(session.snapshot.state == name))
        yield ready
        yield state
        for metric, (meaning, value) in _COUNTERS.items():
            counter = CounterMetricFamily(f"cicero_wa_{metric}", meaning, labels=["account"])
            for account, session in self._sessions.items():
                counter.add_metric([account], value(session.snapshot))
            yield counter
