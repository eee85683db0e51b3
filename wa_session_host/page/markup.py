"""A message as WhatsApp shows it, as HTML: bold, italic, struck through, code, links. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_MARKS = {"*": "b", "_": "i", "~": "s", "`": "code"}
_MARKED = re.compile(
    r"(?<![\w*_~`])([*_~`])(?=\S)((?:(?!\1)[^\n])+?)(?<=\S)\1(?![\w*_~`])", re.ASCII
)
_LINK = re.compile(r"https?://[^\s<>\"'\u2060]+[^\s<>\"'\u2060.,;:!?)]")


def as_seen(text: str) -> Markup:
    """The text as HTML. What is not WhatsApp's own markup is shown as it is; a mark counts only
    around words, on one line, and outside links."""
    shown, end = Markup(), 0
    for link in _LINK.finditer(text):
        shown += _marked(text[end : link.start()])
        url = escape(link[0])
        shown += Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(url)
        end = link.end()
    return shown + _marked(text[end:])


def _marked(text: str) -> Markup:
    """The text with its marks as elements, also of marks within marks."""
    shown, end = Markup(), 0
    for found in _MARKED.finditer(text):
        tag = Markup(_MARKS[found[1]])  # noqa: S704  one of ours
        shown += escape(text[end : found.start()])
        shown += Markup("<{0}>{1}</{0}>").format(tag, _marked(found[2]))
        end = found.end()
    return shown + escape(text[end:])
