"""Addresses in settings, fully parsed: PostgreSQL, Redis, API hosts, proxies.

Nothing is connected to. Every function raises ValueError with a text that quotes nothing of the
input: it may be a password.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from chalicelib import tls
from chalicelib.tls import Tls
from chalicelib.typed import is_unseen

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_TLS_KEYS = ("sslmode", "sslrootcert")
_KEYS = ("host", "port", *_TLS_KEYS)
_ENCODE = (
    "write special characters of user and password percent-encoded (@ %40, / %2F, # %23, [ %5B)"
)


@dataclass(frozen=True)
class Postgres:
    """A postgresql:// URL. `host` may be a socket's directory, which starts with `/`."""

    user: str
    password: str | None
    host: str
    port: int
    database: str
    tls: Tls


def postgres(url: str) -> Postgres:
    """A PostgreSQL server and database. Query keys are host, port, sslmode and sslrootcert."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with postgresql://")
    parts = _split(url)
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise ValueError(_ENCODE)
    query = _query(parts.query)
    database = _decoded(parts.path.removeprefix("/"))
    if not parts.username or not database:
        raise ValueError("user or database name is missing")
    if "/" in parts.path.removeprefix("/"):
        raise ValueError("the database name holds a /")
    host = query.get("host") or parts.hostname or ""
    if not host:
        raise ValueError("the host is missing")
    if not host.startswith("/"):
        check_host(host)
    return Postgres(
        user=_decoded(parts.username),
        password=_decoded(parts.password) if parts.password else None,
        host=host,
        port=_number_of_port(query["port"]) if "port" in query else _port(parts) or 5432,
        database=database,
        tls=tls.read(host, *map(query.get, _TLS_KEYS)),
    )


def libpq_url(url: str, **parameters: str) -> str:
    """The same server and database for a library with its own defaults: the TLS settings that
    `postgres` reads are spelled out, and `parameters` are set for each session."""
    asked = postgres(url).tls
    parts = _split(url)
    said = {key: value for key, value in parse_qsl(parts.query) if key not in _TLS_KEYS}
    said["sslmode"] = asked.mode
    if asked.authorities:
        said["sslrootcert"] = asked.authorities
    return urlunsplit(parts._replace(query=urlencode(said | parameters)))


def redis(url: str) -> str:
    """A Redis server, as redis-py reads it."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    parts = _split(url)
    if parts.fragment or "@" in parts.path + parts.query:
        raise ValueError(_ENCODE)
    if parts.scheme == "unix":
        if not parts.path.strip("/"):
            raise ValueError("the socket's path is missing")
    else:
        check_host(parts.hostname or "")
        _port(parts)
        if not re.fullmatch(r"/?|/[0-9]{1,4}", parts.path):
            raise ValueError("what stands behind the port must be a database number, such as /0")
    _redis_py_takes(url)
    return url


def api_host(text: str) -> str:
    """A host name, or a URL of scheme, host and port alone; returned without a trailing `/`."""
    text = text.rstrip("/")
    parts = _split(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https"):
        raise ValueError("is a host name, or a URL that starts with https://")
    _only_host(parts)
    return text


def web_page(url: str) -> str:
    """A URL that can be requested over HTTP, with any path and query."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with https://")
    _check_server(_split(url))
    return url


def proxy(url: str) -> str:
    """A proxy as scheme, host and port, with user and password if it needs them."""
    if not url.startswith(("http://", "https://", "socks5://")):
        raise ValueError("must start with http://, https:// or socks5://")
    parts = _split(url.rstrip("/"))
    _only_host(parts, user=True)
    return url


def check_host(host: str) -> None:
    """Raises ValueError unless it is a host name or an IP address."""
    if not host:
        raise ValueError("the host is missing")
    if ":" in host or re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("the host is no IP address") from None
    elif not _HOST.fullmatch(host):
        raise ValueError("the host is no host name")


def _only_host(parts: SplitResult, user: bool = False) -> None:
    if parts.path or parts.query or parts.fragment:
        raise ValueError("has something behind the host and port; leave that out")
    _check_server(parts, user)


def _check_server(parts: SplitResult, user: bool = False) -> None:
    if not user and "@" in parts.netloc:
        raise ValueError("has a user or password in it; leave that out")
    check_host(parts.hostname or "")
    _port(parts)


def _split(url: str) -> SplitResult:
    if any(sign.isspace() or is_unseen(sign) for sign in url) or not url.isprintable():
        raise ValueError("has a blank, a line break or a sign that nobody sees in it")
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError(f"is no URL; {_ENCODE}") from None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port is no number from 1 to 65535") from None
    if port == 0 or (port is None and parts.netloc.endswith(":")):
        raise ValueError("the port is no number from 1 to 65535")
    return port


def _number_of_port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise ValueError("the port is no number from 1 to 65535")
    return int(text)


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key not in _KEYS:
            named = f" {key}" if re.fullmatch("[a-z_]{1,30}", key) else ""
            raise ValueError(f"the option{named} is unknown; options are {', '.join(_KEYS)}")
        if key in found:
            raise ValueError(f"the option {key} is there twice")
        found[key] = value
    return found


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("a percent-encoded sign is no UTF-8") from None
    if "\x00" in decoded:
        raise ValueError("has a sign that nobody sees in it")
    return decoded


def _redis_py_takes(url: str) -> None:
    """Has redis-py itself check the URL, without connecting: unknown options and wrong values."""
    from redis import ConnectionPool

    pool: Any = None
    try:
        pool = ConnectionPool.from_url(url)
        pool.connection_class(**pool.connection_kwargs)
    except Exception:  # noqa: BLE001  redis-py's message may show the password
        raise ValueError("an option is unknown or has a wrong value") from None
