"""Pages as HTML: templates of the frame and of each section, and what every page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.templating import Jinja2Templates

from wa_session_host.page import words
from wa_session_host.page.auth import csrf_token

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wa_session_host.page.users import User

_TEMPLATES = Path(__file__).parent / "templates"


class Entry(Protocol):
    """What the navigation shows of a section."""

    @property
    def label(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def home(self) -> Path: ...


class Renderer:
    """Every page has `user`, `csrf`, `said`, `now`, `drawn` (when what it shows was
    read), `here` (its address) and the navigation."""

    def __init__(self, sections: Sequence[Entry], now: Callable[[], datetime]) -> None:
        self._sections = sections
        self._now = now
        homes = {one.home.name: FileSystemLoader(one.home / "templates") for one in sections}
        environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(_TEMPLATES), PrefixLoader(homes)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= words.FILTERS
        environment.tests["group_id"] = lambda chat: chat.endswith("@g.us")
        self._templates = Jinja2Templates(env=environment)

    def page(
        self,
        request: Request,
        user: User | None,
        template: str,
        values: Mapping[str, object],
        status: int = 200,
    ) -> Response:
        """A page; what was said of the last action is shown once, and not to a page that only
        renews itself."""
        live = "x-live" in request.headers
        said, result = ("", "") if live else request.session.pop("said", ("", ""))
        here, now = request.url.path, self._now()
        context = {
            "user": user,
            "csrf": csrf_token(request),
            "said": said,
            "said_result": result,
            "now": now,
            "drawn": now,
            "here": here + (f"?{request.url.query}" if request.url.query else ""),
            "sections": self._sections,
            "current": self._current(here),
            **values,
        }
        return self._templates.TemplateResponse(request, template, context, status_code=status)

    def error(self, request: Request, user: User | None, status: int, said: str) -> Response:
        values = {"status": status, "problem": words.problem(status, said)}
        return self.page(request, user, "error.html", values, status)

    def _current(self, path: str) -> str:
        """The path of the section that an address belongs to; empty for none."""
        return next(
            (one.path for one in self._sections if f"{path}/".startswith(f"{one.path}/")), ""
        )
