"""Today: how the day goes, and what needs a person now; a slot with its report."""

from wa_session_host.page.today.pages import SECTION

__all__ = ["SECTION"]
