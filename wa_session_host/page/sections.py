"""The window's parts, in the order of its navigation: the one place where a part is registered."""

from __future__ import annotations

from collections.abc import Sequence

from wa_session_host.page import actions, today, whatsapp
from wa_session_host.page.window import Section

SECTIONS: Sequence[Section] = (today.SECTION, whatsapp.SECTION, actions.SECTION)
