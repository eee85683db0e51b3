"""The window as an ASGI application: sections, login, what machines ask for."""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from wa_session_host.page.auth import SESSION_SECONDS
from wa_session_host.page.context import PageContext
from wa_session_host.page.entry import entry_routes
from wa_session_host.page.headers import SafeHeaders
from wa_session_host.page.machines import machine_routes
from wa_session_host.page.sections import SECTIONS
from wa_session_host.page.window import Window

_STATIC = Path(__file__).parent / "static"


def make_app(context: PageContext) -> Starlette:
    """Close `state.window` at the end."""
    window = Window(context, SECTIONS)
    app = Starlette(
        routes=[
            *window.routes,
            *entry_routes(window),
            *machine_routes(context),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
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
        exception_handlers={HTTPException: window.error},
    )
    app.state.window = window
    return app
