"""Logging in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wa_session_host.page.auth import check_csrf
from wa_session_host.page.window import Window

if TYPE_CHECKING:
    from starlette.requests import Request

_UNKNOWN = "?"  # what was typed as a name may be a password


def entry_routes(window: Window) -> list[Route]:
    auth, audit, renderer = window.auth, window.audit, window.renderer

    async def login(request: Request) -> Response:
        if not auth.configured:
            return renderer.page(request, None, "closed.html", {}, 503)
        values = {"named": auth.named, "wrong": False}
        if request.method == "GET":
            return renderer.page(request, None, "login.html", values)
        form = await request.form()
        check_csrf(request, form.get("csrf"))
        name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        user = await run_in_threadpool(auth.enter, request, name, password)
        if user is None:
            await run_in_threadpool(audit.write, _UNKNOWN, "enter", "", "refused")
            return renderer.page(request, None, "login.html", values | {"wrong": True}, 401)
        await run_in_threadpool(audit.write, user.name, "enter", "", "done")
        return RedirectResponse("/", 303)

    async def leave(request: Request) -> Response:
        form = await request.form()
        user = auth.user(request)
        if user is not None:
            check_csrf(request, form.get("csrf"))
            auth.leave(request)
            await run_in_threadpool(audit.write, user.name, "leave", "", "done")
        return RedirectResponse("/login", 303)

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/leave", leave, methods=["POST"]),
    ]
