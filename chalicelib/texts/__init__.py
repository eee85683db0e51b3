"""Message texts, in Indonesian with WhatsApp markup: pure functions of typed data.

words     what every text is built from: safe text, numbers, times, links
age       how old the data of each platform is
parts     sections and items → one message, or several numbered ones
tasks     the hourly task list
ledger    changes: new, removed, held posts and new amplification links
reports   the operators' slot report, and the words for each kind of error
alerts    what operators are told at once: APIs, slots, clients, undelivered messages
"""

from chalicelib.texts.age import FeedRead
from chalicelib.texts.alerts import (
    ClosedChats,
    Undelivered,
    api_closed,
    fallback_in_use,
    missed_slots,
    no_chats,
    undelivered,
    unusable_handles,
)
from chalicelib.texts.ledger import Change, changes
from chalicelib.texts.parts import LONGEST, Part
from chalicelib.texts.reports import (
    ClientLine,
    Shortage,
    SlotReport,
    Uncovered,
    kind_in_words,
    slot_report,
)
from chalicelib.texts.tasks import task_list
from chalicelib.texts.words import (
    format_number,
    format_time,
    link,
    reported_link,
    sanitise,
    truncate,
)

__all__ = [
    "LONGEST",
    "Change",
    "ClientLine",
    "ClosedChats",
    "FeedRead",
    "Part",
    "Shortage",
    "SlotReport",
    "Uncovered",
    "Undelivered",
    "api_closed",
    "changes",
    "fallback_in_use",
    "format_number",
    "format_time",
    "kind_in_words",
    "link",
    "missed_slots",
    "no_chats",
    "reported_link",
    "sanitise",
    "slot_report",
    "task_list",
    "truncate",
    "undelivered",
    "unusable_handles",
]
