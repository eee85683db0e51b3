"""The accounts: pairing, state, groups, and messages that wait for a person."""

from wa_session_host.page.whatsapp.pages import SECTION

__all__ = ["SECTION"]
