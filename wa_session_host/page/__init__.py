"""The operators' window, in Indonesian: the day, what needs a person, the WhatsApp accounts.

Rendered on the server, with nothing from outside this package. `sections.py` lists its parts; each
is a package with its own templates, and `window.py` says how it adds pages and actions. /healthz,
/readyz and /metrics need no login and show no number, chat or text.
"""

from wa_session_host.page.context import PageContext
from wa_session_host.page.server import PageServer, serving_alone

__all__ = ["PageContext", "PageServer", "serving_alone"]
