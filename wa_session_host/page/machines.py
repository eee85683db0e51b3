"""What machines ask for without a login: health, readiness, metrics; no number, chat or text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from wa_session_host.page.context import PageContext

if TYPE_CHECKING:
    from starlette.requests import Request


def machine_routes(context: PageContext) -> list[Route]:
    async def healthz(_: Request) -> Response:
        alive = context.alive()
        return PlainTextResponse("ok" if alive else "stuck", 200 if alive else 503)

    async def readyz(_: Request) -> Response:
        states = {a: s.snapshot.state for a, s in context.sessions.items()}
        return JSONResponse({"accounts": states}, 200 if context.ready() else 503)

    async def metrics(_: Request) -> Response:
        return Response(context.metrics.text(), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
