"""The page's routes. Every form carries a token; all but three paths need a login."""

from __future__ import annotations

import io
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import segno
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from chalicelib.errors import CiceroError
from wa_session_host.page import words
from wa_session_host.page.auth import SESSION_SECONDS, Auth, check_csrf, csrf_token
from wa_session_host.page.context import PageContext
from wa_session_host.page.headers import SafeHeaders
from wa_session_host.page.operations import Operations, Refused
from wa_session_host.session.session import Session

_HERE = Path(__file__).parent

Endpoint = Callable[[Request], Awaitable[Response]]
Act = Callable[[Request, FormData], str]


class Pages:
    """The handlers."""

    def __init__(self, context: PageContext) -> None:
        self.operations = Operations(context)
        self._context = context
        self._auth = Auth(context.settings.wa_page_password_hash)
        self._templates = Jinja2Templates(_HERE / "templates")
        self._templates.env.filters |= words.FILTERS

    def routes(self) -> list[Route | Mount]:
        one, case = "/accounts/{account}", "/messages/{outbox_id:int}"
        return [
            Route("/", self._members(self._index)),
            Route("/live", self._members(self._live)),
            Route("/login", self._login, methods=["GET", "POST"]),
            Route("/leave", self._form(self._leave), methods=["POST"]),
            Route(f"{one}/qr.svg", self._members(self._qr)),
            Route(f"{one}/groups", self._members(self._groups)),
            Route(f"{one}/pair-phone", self._form(self._pair_phone), methods=["POST"]),
            Route(f"{one}/reconnect", self._form(self._reconnect), methods=["POST"]),
            Route(f"{one}/unlink", self._form(self._unlink), methods=["POST"]),
            Route(f"{case}/send-again", self._form(self._send_again), methods=["POST"]),
            Route(f"{case}/drop", self._form(self._drop), methods=["POST"]),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]

    # --- for machines ---------------------------------------------------------------------------

    async def _healthz(self, _: Request) -> Response:
        alive = self._context.alive()
        return PlainTextResponse("ok" if alive else "stuck", 200 if alive else 503)

    async def _readyz(self, _: Request) -> Response:
        states = {a: s.snapshot.state for a, s in self._context.sessions.items()}
        return JSONResponse({"accounts": states}, 200 if self._context.ready() else 503)

    async def _metrics(self, _: Request) -> Response:
        return Response(self._context.metrics.text(), media_type="text/plain; version=0.0.4")

    # --- for people -----------------------------------------------------------------------------

    async def _login(self, request: Request) -> Response:
        if not self._auth.configured:
            return self._page(request, "closed.html", 503)
        if request.method == "GET":
            return self._page(request, "login.html")
        form = await request.form()
        check_csrf(request, form.get("csrf"))
        password = str(form.get("password", ""))
        if await run_in_threadpool(self._auth.enter, request, password):
            return RedirectResponse("/", 303)
        return self._page(request, "login.html", 401, wrong=True)

    async def _index(self, request: Request) -> Response:
        overview = await run_in_threadpool(self.operations.overview)
        return self._page(request, "index.html", view=overview)

    async def _live(self, request: Request) -> Response:
        overview = await run_in_threadpool(self.operations.overview)
        return self._page(request, "live.html", view=overview)

    async def _qr(self, request: Request) -> Response:
        code = self._session(request).snapshot.code
        if code is None:
            raise HTTPException(404)
        image = io.BytesIO()
        segno.make(code, error="l", micro=False).save(
            image, kind="svg", scale=5, border=4, light="white"
        )
        return Response(image.getvalue(), media_type="image/svg+xml")

    async def _groups(self, request: Request) -> Response:
        session = self._session(request)
        try:
            groups, problem = await run_in_threadpool(self.operations.groups, session), ""
        except Refused as error:
            groups, problem = [], str(error)
        return self._page(
            request, "groups.html", account=session.account, groups=groups, problem=problem
        )

    def _leave(self, request: Request, _: FormData) -> str:
        self._auth.leave(request)
        return ""

    def _pair_phone(self, request: Request, form: FormData) -> str:
        code, until = self.operations.pair_phone(self._session(request), str(form.get("phone", "")))
        return f"Kode untuk diketik di ponsel: {code}, berlaku sampai {words.format_time(until)}."

    def _reconnect(self, request: Request, _: FormData) -> str:
        self.operations.reconnect(self._session(request))
        return "Sambungan dimulai ulang."

    def _unlink(self, request: Request, _: FormData) -> str:
        self.operations.unlink(self._session(request))
        return "Perangkat dikeluarkan dari akun. Pasangkan ulang dengan QR."

    def _send_again(self, request: Request, _: FormData) -> str:
        return words.sent_again(self.operations.send_again(request.path_params["outbox_id"]))

    def _drop(self, request: Request, form: FormData) -> str:
        not_sent = form.get("not_sent") == "yes"
        return words.dropped(self.operations.drop(request.path_params["outbox_id"], not_sent))

    # --- around them ----------------------------------------------------------------------------

    def _members(self, answer: Endpoint) -> Endpoint:
        """Only for those who have entered the password; others are sent to the login."""

        async def guarded(request: Request) -> Response:
            if not self._auth.entered(request):
                return RedirectResponse("/login", 303)
            return await answer(request)

        return guarded

    def _form(self, act: Act) -> Endpoint:
        """Handles a form: checks its token, acts, and shows the first page with the result."""

        async def answer(request: Request) -> Response:
            form = await request.form()
            check_csrf(request, form.get("csrf"))
            try:
                said = await run_in_threadpool(act, request, form)
            except (Refused, CiceroError) as error:
                said = str(error)
            if said:
                request.session["said"] = said
            return RedirectResponse("/", 303)

        return self._members(answer)

    def _session(self, request: Request) -> Session:
        session = self.operations.session(request.path_params["account"])
        if session is None:
            raise HTTPException(404)
        return session

    def _page(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        said = request.session.pop("said", "") if name == "index.html" else ""
        context = {"csrf": csrf_token(request), "said": said, **values}
        return self._templates.TemplateResponse(request, name, context, status_code=status)


def make_app(context: PageContext) -> Starlette:
    """The page as an ASGI application; close `state.operations` at the end."""
    pages = Pages(context)
    app = Starlette(
        routes=pages.routes(),
        middleware=[
            Middleware(SafeHeaders),
            Middleware(
                SessionMiddleware,
                secret_key=secrets.token_urlsafe(32),
                session_cookie="cicero_wa",
                max_age=SESSION_SECONDS,
                same_site="strict",
            ),
        ],
    )
    app.state.operations = pages.operations
    return app
