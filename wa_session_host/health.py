"""`python -m wa_session_host.health`: exits with 0 if this container's host is healthy."""

from __future__ import annotations

import http.client
import os
import sys

from chalicelib.errors import CiceroError
from chalicelib.settings import load_settings

_SECONDS = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  compared with, not bound to


def main() -> int:
    """Asks /healthz. An account that is offline does not count: a restart would not fix it."""
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
    """The address that the host serves on. SSM is read only if the environment does not name
    both: a check must not fail because SSM does."""
    host, port = os.environ.get("WA_PAGE_HOST"), os.environ.get("WA_PAGE_PORT", "")
    if host and port.isdecimal():
        return host, int(port)
    settings = load_settings()
    return settings.wa_page_host, settings.wa_page_port


if __name__ == "__main__":
    sys.exit(main())
