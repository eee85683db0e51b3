"""How a page or an action becomes part of the window: login, roles, tokens, the audit log, errors.

A page is a function of a `Visit` that returns a `Shown`; an action is one that returns what to say.
Both run in a thread of their own and need not know HTTP.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chalicelib.errors import CiceroError, DatabaseUnavailable
from chalicelib.queues import QueueUnavailable
from wa_session_host.page.audit import Audit
from wa_session_host.page.auth import Auth, check_csrf
from wa_session_host.page.context import PageContext
from wa_session_host.page.rendering import Renderer
from wa_session_host.page.services import Services
from wa_session_host.page.users import User, users_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)

ONLY_OPERATORS = "Anda masuk sebagai pemantau. Tindakan ini hanya untuk operator."
FAILED = "Terjadi kesalahan. Lihat keadaannya sebelum mencoba lagi, dan beri tahu tim teknis."
NOT_SHOWN = "Yang diminta tidak dapat dibaca. Buka lagi dari halaman pertama."
NOT_DONE = "Tidak dapat dilakukan: ada isian yang tidak dapat dipakai. Muat ulang, lalu coba lagi."
NO_QUEUE = "Antrean tidak menjawab. Coba lagi sebentar."
NO_DATABASE = "Basis data tidak menjawab. Coba lagi sebentar."


class Refused(Exception):
    """An action cannot be carried out; the text says why, for the operators."""


@dataclass(frozen=True)
class Shown:
    """What a page shows: a template, as `section/name.html`, and its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Visit:
    """One request of a user who has logged in. `form` is empty on a page."""

    request: Request
    user: User
    services: Services
    now: datetime
    form: FormData = field(default_factory=FormData)

    def path(self, name: str) -> str:
        """A part of the address, as named in the route."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def field(self, name: str) -> str:
        """What was typed or chosen in the form, without blanks around it."""
        return str(self.form.get(name, "")).strip()

    def reading(self) -> AbstractContextManager[Runtime]:
        """A runtime for a page: a statement may take two seconds."""
        return self.services.looking()

    def acting(self) -> AbstractContextManager[Runtime]:
        """A runtime for an action: a statement may take ten seconds."""
        return self.services.acting()


View = Callable[[Visit], Shown | Response]
Act = Callable[[Visit], str]


@dataclass(frozen=True)
class Section:
    """A part of the window. `label` names it in the navigation, `path` is its first page, `home`
    is its package's directory, whose templates/ are found under the directory's name; `add`
    registers its pages and actions."""

    label: str
    path: str
    home: Path
    add: Callable[[Window], None]


class Window:
    """All pages and actions, and what they have in common."""

    def __init__(self, context: PageContext, sections: Sequence[Section]) -> None:
        self.context = context
        self.services = Services(context)
        self.audit = Audit(self.services, context.now)
        self.auth = Auth(users_of(context.settings))
        self.renderer = Renderer(sections, context.now)
        self.routes: list[Route] = []
        for section in sections:
            section.add(self)

    def page(self, path: str, view: View, operators: bool = False) -> None:
        """Adds a page; with `operators` only they see it."""

        async def endpoint(request: Request) -> Response:
            user = self.auth.user(request)
            if user is None:
                return RedirectResponse("/login", 303)
            if operators and not user.acts:
                raise HTTPException(403, ONLY_OPERATORS)
            visit = Visit(request, user, self.services, self.context.now())
            return await run_in_threadpool(self._show, visit, view)

        self.routes.append(Route(path, endpoint))

    def action(self, path: str, name: str, act: Act) -> None:
        """Adds what a form does, for operators; `name` is the action's in the audit log, where the
        variable parts of the address are its target. Afterwards the browser is sent back to the
        page that the form's field `back` names."""

        async def endpoint(request: Request) -> Response:
            user = self.auth.user(request)
            if user is None:
                return RedirectResponse("/login", 303)
            form = await request.form()
            check_csrf(request, form.get("csrf"))
            visit = Visit(request, user, self.services, self.context.now(), form)
            target = " ".join(map(str, request.path_params.values()))
            if not user.acts:
                await run_in_threadpool(self.audit.write, user.name, name, target, "refused")
                raise HTTPException(403, ONLY_OPERATORS)
            said, result = await run_in_threadpool(self._act, visit, name, target, act)
            request.session["said"] = [said, result]
            return RedirectResponse(_local(form.get("back")), 303)

        self.routes.append(Route(path, endpoint, methods=["POST"]))

    def error(self, request: Request, error: Exception) -> Response:
        """The page of an HTTPException."""
        status = getattr(error, "status_code", 500)
        said = getattr(error, "detail", "")
        response = self.renderer.error(request, self.auth.user(request), status, said)
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    def close(self) -> None:
        self.services.close()

    def _show(self, visit: Visit, view: View) -> Response:
        try:
            shown = view(visit)
            return shown if isinstance(shown, Response) else self._render(visit, shown)
        except HTTPException:
            raise
        except DatabaseUnavailable as error:
            log.warning("a page cannot be shown: %s", error)
            return self.renderer.error(visit.request, visit.user, 503, NO_DATABASE)
        except CiceroError as error:
            log.warning("a page cannot be shown: %s", type(error).__name__)
            return self.renderer.error(visit.request, visit.user, 400, NOT_SHOWN)
        except Exception:
            log.exception("a page cannot be shown")
            return self.renderer.error(visit.request, visit.user, 500, "")

    def _render(self, visit: Visit, shown: Shown) -> Response:
        return self.renderer.page(
            visit.request, visit.user, shown.template, shown.values, shown.status
        )

    def _act(self, visit: Visit, name: str, target: str, act: Act) -> tuple[str, str]:
        """What to say, and the result for the audit log, which is written whatever happens."""
        result = "failed"
        try:
            said, result = act(visit), "done"
        except DatabaseUnavailable as error:
            log.warning("the page cannot act: %s", error)
            said = NO_DATABASE
        except Refused as error:
            said, result = str(error), "refused"
        except QueueUnavailable as error:
            log.warning("the page cannot act: %s", error)
            said, result = NO_QUEUE, "refused"
        except CiceroError as error:
            log.warning("the page cannot act: %s", type(error).__name__)
            said, result = NOT_DONE, "refused"
        except Exception:
            log.exception("an action failed")
            said = FAILED
        finally:
            self.services.lines.forget()
            self.audit.write(visit.user.name, name, target, result)
        return said, result


def _local(back: object) -> str:
    """The address to go back to, if it is one of this server."""
    path = str(back or "/")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
