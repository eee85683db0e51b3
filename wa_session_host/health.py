"""`python -m wa_session_host.health`: 0 where the host beside it is well, for health checks."""

from __future__ import annotations

import http.client
import os
import sys

_SECONDS = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  what is bound to, not binding


def main() -> int:
    """Asks /healthz. An account that is offline is no illness; a restart would not mend it."""
    host = os.environ.get("WA_PAGE_HOST") or "127.0.0.1"
    address = "127.0.0.1" if host in _EVERYWHERE else host
    port = int(os.environ.get("WA_PAGE_PORT") or 8480)
    connection = http.client.HTTPConnection(address, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
