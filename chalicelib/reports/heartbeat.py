"""A ping to an external monitor, which raises an alarm when none comes."""

from __future__ import annotations

import logging
import math

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds


def ping(url: str | None, seconds: float = math.inf) -> None:
    """Requests the URL once, if there is one and time is left.

    `seconds` is the time left; each step of the request may take five at most. Raises nothing: a
    monitor that cannot be reached raises its own alarm. The URL is a secret (anyone who knows it
    can fake a ping) and is not logged.
    """
    patience = min(seconds, _PATIENCE)
    if not url or patience <= 0:
        return
    import requests

    try:
        with requests.get(url, timeout=patience, allow_redirects=False, stream=True) as response:
            if response.status_code >= 300:
                log.warning("the heartbeat's monitor returned %d", response.status_code)
    except (requests.RequestException, ValueError) as error:
        log.warning("the heartbeat's monitor was not reached (%s)", type(error).__name__)
