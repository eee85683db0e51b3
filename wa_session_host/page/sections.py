"""The window's parts, in the order of its navigation: the one place where a part is registered."""

from __future__ import annotations

from collections.abc import Sequence

from wa_session_host.page import actions, clients, history, messages, posts, today, whatsapp
from wa_session_host.page.window import Section

SECTIONS: Sequence[Section] = (
    today.SECTION,
    clients.SECTION,
    posts.SECTION,
    messages.SECTION,
    whatsapp.SECTION,
    history.SECTION,
    actions.SECTION,
)
