"""The tables of a WhatsApp session's states and events."""

from __future__ import annotations

from local.docs.markdown import code, table
from wa_session_host.page import words
from wa_session_host.session import states


def wa_reactions_table() -> str:
    """What each event means for a WhatsApp session."""
    rows = [
        (
            code(event),
            reaction.why,
            code(reaction.state) if reaction.state else "as before",
            str(reaction.child),
            code(reaction.alert) if reaction.alert else "",
        )
        for event, reaction in states.REACTIONS.items()
    ]
    return table(("event", "what happened", "state", "the child", "alert"), rows)


def wa_states_table() -> str:
    """The states of a WhatsApp session: their names on the page, and whether they take messages."""
    rows = [
        (
            code(state),
            words.STATES[state],
            "yes" if state in states.CONSUMES else "no",
            "yes" if state in states.FINAL else "no",
        )
        for state in states.STATES
    ]
    return table(("state", "on the page", "takes messages", "ends only by host or person"), rows)
