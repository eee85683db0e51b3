"""What generates which block of a page, and the pages with their blocks renewed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from local.docs.costs import cost_table
from local.docs.schedule import gate_table, rules_table, slots_table
from local.docs.sessions import wa_reactions_table, wa_states_table
from local.docs.settings import settings_table
from local.docs.standing import network_table, standing_table
from local.samples import SAMPLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"<!-- (?P<name>[a-z-]+):begin -->\n.*?<!-- (?P=name):end -->", re.DOTALL)


class StaleMarkers(ValueError):
    """A page has a block that nothing generates, or a marker without its counterpart."""


def _sample(render: Callable[[], str]) -> Callable[[], str]:
    """The message as a block of a page."""
    return lambda: f"```text\n{render()}\n```"


BLOCKS: Mapping[str, Callable[[], str]] = {
    "wa-states": wa_states_table,
    "wa-reactions": wa_reactions_table,
    "settings": settings_table,
    "schedule-rules": rules_table,
    "schedule-gate": gate_table,
    "schedule-slots": slots_table,
    **{f"message-{name}": _sample(render) for name, render in SAMPLES.items()},
    "cost-table": cost_table,
    "standing-table": standing_table,
    "network-table": network_table,
}


def renewed(page: str) -> str:
    """The page with every block as the code now renders it. Raises StaleMarkers."""
    found = [match["name"] for match in _BLOCK.finditer(page)]
    marks = re.findall(r"<!-- ([a-z-]+):(?:begin|end) -->", page)
    odd = [name for name in marks if name not in BLOCKS]
    if odd or len(marks) != 2 * len(found):
        raise StaleMarkers(f"blocks {', '.join(odd or marks)}: unknown, or begin without end")
    return _BLOCK.sub(lambda match: _block(match["name"]), page)


def stale_pages(directory: Path) -> list[Path]:
    """The pages of the directory whose generated blocks are out of date."""
    pages = sorted(directory.glob("*.md"))
    return [page for page in pages if renewed(text := read(page)) != text]


def _block(name: str) -> str:
    return f"<!-- {name}:begin -->\n{BLOCKS[name]()}\n<!-- {name}:end -->"


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")
