"""What axe-core, a checker of accessibility, finds on a page.

npx fetches the npm package, in a pinned version, at its first use on a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from local.services.npm import fetch

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = "axe-core@4.10.3"  # MPL 2.0; run, not shipped
_RUN = """async (rules) => {
  const options = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const found = await axe.run(document, options);
  return found.violations.flatMap((one) => one.nodes.map(
    (node) => `${one.id}: ${one.help}: ${node.html.slice(0, 200)}`));
}"""


def fetch_axe(offline: bool = False) -> Path:
    """The script; fetched if it is missing, unless `offline`. Raises ServiceError if there is no
    npx, or npm does not answer."""
    return fetch(PACKAGE, offline) / "axe.min.js"


def violations(page: Page, script: Path, rules: Sequence[str] = ()) -> list[str]:
    """A line for each element that breaks a rule; `rules`: only these, by id."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(script.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN, list(rules))
    return found
