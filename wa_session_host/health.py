"""`python -m wa_session_host.health`: 0 where the host beside it is well, for health checks."""

from __future__ import annotations

import http.client
import os
import sys

from chalicelib.errors import CiceroError
from chalicelib.settings import load_settings

_SECONDS = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  what is bound to, not binding


def main() -> int:
    """Asks /healthz. An account that is offline is no illness; a restart would not mend it."""
    try:
        host, port = _page()
    except CiceroError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    address = "127.0.0.1" if host in _EVERYWHERE else host
    connection = http.client.HTTPConnection(address, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


def _page() -> tuple[str, int]:
    """Where the host serves. SSM is asked only where the environment does not say both: a check
    must not fail because SSM does."""
    host, port = os.environ.get("WA_PAGE_HOST"), os.environ.get("WA_PAGE_PORT", "")
    if host and port.isdecimal():
        return host, int(port)
    settings = load_settings()
    return settings.wa_page_host, settings.wa_page_port


if __name__ == "__main__":
    sys.exit(main())
