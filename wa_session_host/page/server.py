"""Runs the page in a thread of the host."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Thread

import uvicorn

from chalicelib.settings import Settings
from wa_session_host.metrics import Metrics
from wa_session_host.page.app import make_app
from wa_session_host.page.context import PageContext
from wa_session_host.page.whatsapp.operations import Operations
from wa_session_host.page.window import Window
from wa_session_host.session.session import Session

log = logging.getLogger(__name__)

_START_SECONDS = 10.0


@contextmanager
def serving_alone(
    settings: Settings,
    now: Callable[[], datetime],
    sessions: Mapping[str, Session] | None = None,
    share_seconds: float = 0.0,
) -> Iterator[str]:
    """The page without a host around it, at `now`'s time; its address, even where the port is taken
    and nothing is served. By default every page reads everything itself."""
    shown = sessions or {}
    metrics = Metrics({}, lambda: True)
    server = PageServer(
        PageContext(settings, shown, None, metrics, now, lambda: True, lambda: True, share_seconds)
    )
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port if server.started else settings.wa_page_port}"
    finally:
        server.stop()


class PageServer:
    """Serves on WA_PAGE_HOST and WA_PAGE_PORT. The host goes on without it if the port is taken."""

    def __init__(self, context: PageContext) -> None:
        settings = context.settings
        self._app = make_app(context)
        self._window: Window = self._app.state.window
        self.operations = Operations(context, self._window.services)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                host=settings.wa_page_host,
                port=settings.wa_page_port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # a visitor could forge the address
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = Thread(target=self._serve, name="page", daemon=True)

    def start(self) -> None:
        """Returns once the page answers, or has failed to start."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.started:
            log.info("page on port %d", self.port)

    @property
    def started(self) -> bool:
        """Whether the page answers."""
        return self._server.started

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._window.close()

    def _serve(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # how uvicorn says that it cannot bind
            log.error("the page cannot be served; is its port taken?")
