"""The window alone, over a database: no accounts, no host around it; and a visitor of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Self

import requests

from chalicelib.settings import Settings
from local.environment import environment
from tests.conftest import settings_of
from tests.integration.conftest import Copies, NewService
from tests.integration.service import SharedService
from tests.integration.waiting import PATIENCE_SECONDS
from wa_session_host.page import serving_alone
from wa_session_host.page.passwords import hash_password

PASSWORD = "kata sandi uji coba"
HASH = hash_password(PASSWORD)
USERS = f"budi:operator:{HASH},sari:pemantau:{HASH}"


class Visitor:
    """Somebody with a browser, without the browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def enter(self, name: str, password: str = PASSWORD) -> Self:
        form = {"csrf": self.token("/login"), "name": name, "password": password}
        assert self.post("/login", form).status_code == 303
        return self

    @property
    def cookies(self) -> Mapping[str, str]:
        return self._session.cookies.get_dict()

    def get(self, path: str) -> requests.Response:
        return self._session.get(f"{self.url}{path}", timeout=PATIENCE_SECONDS)

    def text(self, path: str) -> str:
        """The page, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-3000:])
        return answer.text

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        return self._session.post(
            f"{self.url}{path}", form, allow_redirects=False, timeout=PATIENCE_SECONDS
        )

    def act(self, path: str, back: str, **fields: str) -> str:
        """Sends a form with its token; returns what the page that it leads back to says."""
        form = {"csrf": self.token(back), "back": back, **fields}
        assert self.post(path, form).status_code == 303
        said = re.search(r'<p class="said[^>]*>(.*?)</p>', self.text(back), re.DOTALL)
        assert said
        return " ".join(re.sub("<[^>]+>", "", said[1]).split())

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert found
        return found[1]

    def close(self) -> None:
        self._session.close()


@contextmanager
def own_settings(new_service: NewService, new_copy: Copies) -> Iterator[Settings]:
    """Of a window with a database and queues of its own; the block has its environment."""
    values = new_service(new_copy("migrated")) | {"RAPIDAPI_DAILY_BUDGET": "500"}
    with environment(values):
        yield settings_of(values)


@contextmanager
def serving(
    service: SharedService, settings: Settings, now: Callable[[], datetime]
) -> Iterator[str]:
    """The window's address; `now` is its clock."""
    changes = {"wa_page_port": 0, "wa_page_users": USERS, "wa_page_host": "127.0.0.1"}
    with ExitStack() as parts:
        with environment(service.environment):
            alone = serving_alone(settings.model_copy(update=changes), now)
            address = parts.enter_context(alone)
        yield address
