"""PostgreSQL, Redis and the queues."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from chalicelib import addresses, queues
from chalicelib.db.migrate import (
    current_version,
    newest_version,
    refuse_old_server,
    time_zone_warning,
    version_of_server,
)
from chalicelib.doctor.finding import Finding
from chalicelib.errors import CiceroError
from chalicelib.runtime import Runtime

_ENCRYPT = "Add sslmode=verify-full to DATABASE_URL."


def database(runtime: Runtime) -> Iterator[Finding]:
    """Version and encryption. Raises DatabaseUnavailable."""
    number = version_of_server(runtime.settings.database_url)
    refuse_old_server(number)
    yield Finding("database", "ok", f"PostgreSQL {number // 10_000}.{number % 10_000} answers")
    yield _tls(runtime)


def _tls(runtime: Runtime) -> Finding:
    server = addresses.postgres(runtime.settings.database_url)
    with runtime.db.transaction() as tx:
        encrypted = tx.run("doctor.encrypted")[0]["encrypted"]
    if _is_here(server.host):
        return Finding("tls", "ok", "the connection does not leave this machine")
    if not encrypted:
        return Finding("tls", "warning", "the connection is not encrypted", _ENCRYPT)
    if server.tls.authorities is None:
        problem = "the connection is encrypted, but nothing shows that it leads to the right server"
        return Finding("tls", "warning", problem, _ENCRYPT)
    return Finding("tls", "ok", "encrypted, certificate verified")


def _is_here(host: str) -> bool:
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def migrations(runtime: Runtime) -> Iterator[Finding]:
    """Whether the tables are those of this code."""
    there, newest = current_version(runtime.settings.database_url), newest_version() or ""
    if there == newest:
        yield Finding("migrations", "ok", f"the tables are at version {there}")
    elif there is None or there < newest:
        problem = f"the tables are at version {there or 'none'}, this code needs {newest}"
        fix = "Run `make migrate` here, or `make deploy STAGE=…`."
        yield Finding("migrations", "error", problem, fix)
    else:
        problem = f"the tables are at version {there}, newer than this code ({newest})"
        yield Finding("migrations", "warning", problem, "Deploy the newer code again.")


def time_zone(runtime: Runtime) -> Iterator[Finding]:
    """What the dashboard's connections take for a day."""
    if warning := time_zone_warning(runtime.settings.database_url):
        problem, _, fix = warning.partition("Set it once, ")
        yield Finding("time zone", "warning", problem.strip(), f"Set it once, {fix}")
    else:
        yield Finding("time zone", "ok", "connections that set no zone get WIB")


def redis(runtime: Runtime) -> Iterator[Finding]:
    """Whether the workers can share the APIs' rate, breakers and budget."""
    url = runtime.settings.redis_url
    if not url:
        problem = "REDIS_URL is not set: each process has its own rate, breakers and budget"
        yield Finding("redis", "warning", problem, "Set REDIS_URL for a stage with many workers.")
    elif runtime.guard.answers():
        yield Finding("redis", "ok", "Redis answers")
    else:
        fix = "Check REDIS_URL, and that the server runs and lets this machine in."
        yield Finding("redis", "error", "Redis does not answer: each process is on its own", fix)


def queues_(runtime: Runtime) -> Iterator[Finding]:
    """Whether the stage's queues are there."""
    missing: list[str] = []
    for queue in (queues.FETCH, queues.ENGAGEMENT, queues.OUTBOUND):
        try:
            runtime.queues.url(queue)
        except CiceroError:
            missing.append(f"cicero-{runtime.settings.cicero_stage}-{queue}")
    if missing:
        fix = (
            "Run `make deploy STAGE=…`, or `make dev` here; check CICERO_STAGE and the AWS region."
        )
        yield Finding("queues", "error", f"not reachable: {', '.join(missing)}", fix)
    else:
        yield Finding("queues", "ok", "all three queues are there")
