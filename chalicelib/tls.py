"""Whether a connection to PostgreSQL is encrypted, and whose certificates it trusts.

One meaning of `sslmode` and `sslrootcert` for both libraries that connect: pg8000, which knows
neither, and the WhatsApp library's driver (lib/pq), which gets what is decided here in its URL.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
"""The modes of libpq, and its default. `allow` is left out: it would connect in plain text to a
server that supports TLS."""
DEFAULT = "prefer"
SYSTEM = "system"
"""The authorities that the operating system trusts."""
RDS_BUNDLE = Path(__file__).parent / "certs" / "rds-bundle.pem"
"""The authorities of Amazon RDS, which no operating system trusts."""


@dataclass(frozen=True)
class Tls:
    """`authorities`: the absolute path of a PEM file, SYSTEM, or None: nothing is verified."""

    mode: str
    authorities: str | None = None


def read(host: str, mode: str | None, authorities: str | None) -> Tls:
    """What a URL's `sslmode` and `sslrootcert` (None: not there) mean for this host.

    A socket, whose host is a directory, is never encrypted. If a certificate must be verified and
    no file is named, RDS's authorities are used for its own hosts, the system's for others. Raises
    ValueError with a text that quotes nothing of the input.
    """
    mode = DEFAULT if mode is None else mode
    if mode not in MODES:
        raise ValueError(f"sslmode is unknown; it is one of {', '.join(MODES)}")
    if not mode.startswith("verify-"):
        if authorities is not None:
            raise ValueError("sslrootcert does nothing without sslmode=verify-full (or verify-ca)")
        return Tls("disable" if host.startswith("/") else mode)
    trusted = _default_of(host) if authorities is None else _checked(authorities)
    if mode == "verify-ca" and trusted == SYSTEM:
        raise ValueError(
            "sslmode=verify-ca takes the certificate of any host: name your own authority's file "
            "with sslrootcert, or use verify-full"
        )
    return Tls("disable") if host.startswith("/") else Tls(mode, trusted)


@cache
def context(tls: Tls) -> ssl.SSLContext:
    """The context to start TLS with, in any mode but `disable`. Loading the system's authorities
    costs a tenth of a second, so they are loaded only if asked for."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = tls.mode == "verify-full"
    if tls.authorities is None:
        made.verify_mode = ssl.CERT_NONE
    elif tls.authorities == SYSTEM:
        made.load_default_certs()
    else:
        made.load_verify_locations(tls.authorities)
    return made


def _default_of(host: str) -> str:
    name = host.lower().rstrip(".")
    # an RDS proxy's certificate is publicly trusted
    own = name.endswith(".rds.amazonaws.com") and ".proxy-" not in name
    return str(RDS_BUNDLE) if own else SYSTEM


def _checked(authorities: str) -> str:
    if authorities == SYSTEM:
        return SYSTEM
    path = Path(authorities).resolve()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        raise ValueError("sslrootcert is no readable file of PEM certificates") from None
    return str(path)
