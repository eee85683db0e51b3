"""The tables and message samples of docs/ that are made from code, and the command to renew them.

`python -m local.docs` rewrites what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`
in docs/*.md; with `--check` it changes nothing, names the stale pages and exits with 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click
from pydantic import AliasChoices

from chalicelib.settings import Settings
from chalicelib.slots import (
    SCHEDULE,
    SEGMENT_A,
    SEGMENT_B,
    Rule,
    Segment,
    Slot,
    audit_window,
    eventbridge_expression,
    slots_of,
    task_list_hour,
)
from local import costs
from local.samples import SAMPLES
from wa_session_host.page import words
from wa_session_host.session import states

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

DOCS = Path(__file__).resolve().parent.parent / "docs"

_DAY = date(2026, 2, 20)
_BLOCK = re.compile(r"<!-- (?P<name>[a-z-]+):begin -->\n.*?<!-- (?P=name):end -->", re.DOTALL)
_KINDS: dict[Any, str] = {
    bool: "`true`, `false`",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    time: "`HH:MM`, WIB",
    datetime: "time with a zone",
}
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "up to {}", "pattern": "like `{}`"}


class StaleMarkers(ValueError):
    """A page has a block that nothing renders, or one without its end."""


def settings_table() -> str:
    """Every field of the settings: name, what it takes, default, description, older names."""
    rows = [_setting_row(names_of(n, f), f) for n, f in Settings.model_fields.items()]
    return _table(("setting", "takes", "default", "meaning"), rows)


def names_of(name: str, field: FieldInfo) -> list[str]:
    """The environment names of a setting, the one to use first."""
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [name.upper()]


def rules_table() -> str:
    """The EventBridge rules, in WIB and as the UTC expression that is deployed."""
    rows = [
        (
            _code(f"open_slot_{rule.name}"),
            _times(rule),
            str(len(list(rule.times()))),
            _code(eventbridge_expression(rule)),
        )
        for rule in SCHEDULE
    ]
    rows.append(("together", "", str(len(slots_of(_DAY))), ""))
    return _table(("handler", "WIB", "slots a day", "EventBridge (UTC)"), rows)


def gate_table() -> str:
    """How many slots fetch posts in each segment, and which ones."""
    first = slots_of(_DAY)[0].at
    rows = [
        (
            segment.name,
            f"{first:%H:%M} to {segment.last_half_hour:%H:%M} at :00 and :30, "
            f"and {segment.final:%H:%M}",
            str(sum(segment.fetches_at(slot.at.time()) for slot in slots_of(_DAY))),
        )
        for segment in (SEGMENT_A, SEGMENT_B)
    ]
    return _table(("segment", "slots that fetch posts (WIB)", "number"), rows)


def slots_table() -> str:
    """The 34 slots of a day: what each segment does, what groups get, what audits cover."""
    heads = ("WIB", "UTC", "segment A", "segment B", "groups are told", "audit window (WIB)")
    return _table(heads, [_slot_row(slot) for slot in slots_of(_DAY)])


def _sample(render: Callable[[], str]) -> Callable[[], str]:
    """The message as a block of a page."""
    return lambda: f"```text\n{render()}\n```"


def cost_table() -> str:
    """What a day asks of AWS and of the APIs, for some numbers of clients."""
    return _table(costs.HEADS, costs.rows())


def wa_reactions_table() -> str:
    """What each event means for a WhatsApp session."""
    rows = [
        (
            _code(event),
            reaction.why,
            _code(reaction.state) if reaction.state else "as before",
            str(reaction.child),
            _code(reaction.alert) if reaction.alert else "",
        )
        for event, reaction in states.REACTIONS.items()
    ]
    return _table(("event", "what happened", "state", "the child", "alert"), rows)


def wa_states_table() -> str:
    """The states of a WhatsApp session, as the page calls them, and what they do to the queue."""
    rows = [
        (
            _code(state),
            words.STATES[state],
            "yes" if state in states.CONSUMES else "no",
            "yes" if state in states.FINAL else "no",
        )
        for state in states.STATES
    ]
    return _table(("state", "on the page", "takes messages", "ends only by host or person"), rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "wa-states": wa_states_table,
    "wa-reactions": wa_reactions_table,
    "settings": settings_table,
    "schedule-rules": rules_table,
    "schedule-gate": gate_table,
    "schedule-slots": slots_table,
    **{f"message-{name}": _sample(render) for name, render in SAMPLES.items()},
    "cost-table": cost_table,
}


def renewed(page: str) -> str:
    """The page with every block as the code renders it now. StaleMarkers where one is odd."""
    found = [match["name"] for match in _BLOCK.finditer(page)]
    marks = re.findall(r"<!-- ([a-z-]+):(?:begin|end) -->", page)
    odd = [name for name in marks if name not in BLOCKS]
    if odd or len(marks) != 2 * len(found):
        raise StaleMarkers(f"blocks {', '.join(odd or marks)}: unknown, or begin without end")
    return _BLOCK.sub(lambda match: _block(match["name"]), page)


def stale_pages(directory: Path) -> list[Path]:
    """The pages of the directory that the code no longer agrees with."""
    pages = sorted(directory.glob("*.md"))
    return [page for page in pages if renewed(text := _read(page)) != text]


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a page is stale.")
@click.option("--docs", type=click.Path(path_type=Path), default=DOCS, help="Another directory.")
def main(check: bool, docs: Path) -> None:
    """Renews the generated blocks of docs/*.md."""
    stale = stale_pages(docs)
    for page in stale:
        click.echo(f"{page.name}: {'stale; run python -m local.docs' if check else 'renewed'}")
        if not check:
            page.write_text(renewed(_read(page)), encoding="utf-8")
    sys.exit(1 if check and stale else 0)


def _block(name: str) -> str:
    return f"<!-- {name}:begin -->\n{BLOCKS[name]()}\n<!-- {name}:end -->"


def _setting_row(names: Sequence[str], field: FieldInfo) -> Sequence[str]:
    meaning = (field.description or "") + _older(names[1:])
    return _code(names[0]), _kind(field), _default(field), meaning


def _slot_row(slot: Slot) -> Sequence[str]:
    start, end = audit_window(slot)
    utc = slot.at.astimezone(UTC)
    before = " (day before)" if utc.date() < slot.day else ""
    return (
        f"{slot.at:%H:%M}",
        f"{utc:%H:%M}{before}",
        _work(SEGMENT_A, slot),
        _work(SEGMENT_B, slot),
        "hour's list, changes" if task_list_hour(slot) else "changes",
        f"{start:%H:%M} to {end:%H:%M}",
    )


def _work(segment: Segment, slot: Slot) -> str:
    return "posts, engagement" if segment.fetches_at(slot.at.time()) else "engagement"


def _times(rule: Rule) -> str:
    minutes = " and ".join(f":{minute:02d}" for minute in rule.minutes)
    return f"{minutes} of the hours {rule.first_hour:02d} to {rule.last_hour:02d}"


def _kind(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(_code, get_args(field.annotation)))
    kind: Any = (*get_args(field.annotation), field.annotation)[0]  # `str | None` is text
    return " ".join([_KINDS[kind], *_bounds(field.metadata)])


def _bounds(metadata: Iterable[Any]) -> list[str]:
    """`from 1`, `up to 10`, or the pattern of a text."""
    return [
        words.format(limit)
        for bound in metadata
        for name, words in _BOUNDS.items()
        if (limit := getattr(bound, name, None)) is not None
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, time):
        return _code(f"{field.default:%H:%M}")
    if isinstance(field.default, bool):
        return _code(str(field.default).lower())
    return "empty" if field.default in (None, "") else _code(str(field.default))


def _older(names: Sequence[str]) -> str:
    return f". Also accepted: {', '.join(map(_code, names))}" if names else ""


def _code(text: str) -> str:
    return f"`{text}`"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
