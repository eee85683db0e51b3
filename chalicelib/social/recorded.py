"""APIs whose answers are kept on a tape: a call that is on it is not made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from chalicelib.platforms import Platform
from chalicelib.social.apis import AccountsById, SocialApi
from chalicelib.social.content import Post, PostPage, UserPage

Answer = TypeVar("Answer")

Call = tuple[str, ...]
"""Platform, kind of call, and its arguments."""


class Tape(Protocol):
    """Where answers are kept. Called by several threads at once."""

    def play(self, call: Call, kind: type[Answer], ask: Callable[[], Answer]) -> Answer:
        """The kept answer, of this type; otherwise what `ask` returns, if the tape lets it be
        asked. Errors are not kept."""


class Recorded:
    """A SocialApi over a tape."""

    def __init__(self, platform: Platform, social: SocialApi, tape: Tape) -> None:
        self._platform = platform
        self._social = social
        self._tape = tape
        self.api = social.api

    def posts(self, account: str, after: str | None = None, /) -> PostPage:
        return self._play("posts", PostPage, self._social.posts, account, after)

    def people(self, content_id: str, after: str | None = None, /) -> UserPage:
        return self._play("people", UserPage, self._social.people, content_id, after)

    def post(self, content_id: str, /) -> Post:
        return self._play("post", Post, self._social.post, content_id)

    def close(self) -> None:
        """Closes nothing: the connections belong to what is recorded."""

    def _play(
        self, what: str, kind: type[Answer], ask: Callable[..., Answer], *arguments: str | None
    ) -> Answer:
        call = (self._platform, what, *(argument or "" for argument in arguments))
        return self._tape.play(call, kind, lambda: ask(*arguments))


class RecordedById(Recorded):
    """The same for an API that identifies accounts by an id."""

    def account_id(self, handle: str, /) -> str:
        ask: Any = self._social
        return self._play("account_id", str, ask.account_id, handle)


def recorded(apis: Mapping[Platform, SocialApi], tape: Tape) -> dict[Platform, SocialApi]:
    """The same APIs over a tape."""
    return {
        platform: (RecordedById if isinstance(social, AccountsById) else Recorded)(
            platform, social, tape
        )
        for platform, social in apis.items()
    }
