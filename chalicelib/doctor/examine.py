"""All checks, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chalicelib.db.driver import reading_errors
from chalicelib.doctor import apis, clients, host, services, slots
from chalicelib.doctor.finding import Finding
from chalicelib.errors import CiceroError, DatabaseUnavailable
from chalicelib.runtime import Runtime

Check = Callable[[Runtime], Iterator[Finding]]

_ALONE: dict[str, Check] = {
    "operators": host.operators,
    "redis": services.redis,
    "queues": services.queues_,
}
_OF_DATABASE: dict[str, Check] = {
    "migrations": services.migrations,
    "time zone": services.time_zone,
}
_OF_TABLES: dict[str, Check] = {
    "switch": slots.switch,
    "schedules": slots.schedules,
    "whatsapp": host.whatsapp,
    "messages": host.messages,
    "clients": clients.clients,
}


def examine(runtime: Runtime, calls: bool = True) -> Iterator[Finding]:
    """Yields the findings of one check after another; a check that fails is one too. `calls`: ask
    the APIs as well."""
    yield Finding("settings", "ok", f"they can be used; stage {runtime.settings.cicero_stage}")
    for name, check in _ALONE.items():
        yield from _tried(name, check, runtime)
    found = list(_tried("database", services.database, runtime))
    yield from found
    if any(one.state == "error" for one in found):
        return
    for name, check in _OF_DATABASE.items():
        found += (tried := list(_tried(name, check, runtime)))
        yield from tried
    if any(one.state == "error" for one in found):
        return
    tables = _OF_TABLES | ({"api": apis.apis} if calls else {})
    for name, check in tables.items():
        yield from _tried(name, check, runtime)


def _tried(name: str, check: Check, runtime: Runtime) -> Iterator[Finding]:
    try:
        with reading_errors():
            yield from check(runtime)
    except DatabaseUnavailable as error:
        fix = "Check DATABASE_URL, and that the server runs and lets this machine in."
        yield Finding(name, "error", str(error), fix)
    except CiceroError as error:
        yield Finding(name, "error", str(error), "The message names what to change.")
