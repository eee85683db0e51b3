"""The host's web page, in Indonesian: pairing, state, messages that wait for a person, groups.

Rendered on the server, with nothing from outside this package. /healthz, /readyz and /metrics need
no login and show no number, chat or text.
"""

from wa_session_host.page.context import PageContext
from wa_session_host.page.server import PageServer

__all__ = ["PageContext", "PageServer"]
