"""A second host behind the first, for when the first is closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from chalicelib.social import errors
from chalicelib.social.http import Api, Read
from chalicelib.social.judge import Json


class Fallback:
    """The first of these hosts that is open: a refused key or a used-up quota moves on to the
    next."""

    def __init__(self, *apis: Api) -> None:
        self._apis = apis
        self._answered = apis[0]

    @property
    def host(self) -> str:
        """The host that has answered last; at first the first."""
        return self._answered.host

    def requests_sent(self) -> Counter[tuple[str, str]]:
        """The requests sent over all hosts."""
        return sum((api.requests_sent() for api in self._apis), Counter())

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        """Like Api.get. Raises what the last one raised."""
        for api in self._apis[:-1]:
            try:
                return self._ask(api, path, read, parameters)
            except errors.ApiError as error:
                if not error.failover:
                    raise
        return self._ask(self._apis[-1], path, read, parameters)

    def _ask(
        self, api: Api, path: str, read: Callable[[Json], Read], parameters: Mapping[str, str | int]
    ) -> Read:
        answer = api.get(path, read, **parameters)
        self._answered = api
        return answer

    def close(self) -> None:
        for api in self._apis:
            api.close()
