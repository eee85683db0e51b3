"""The platforms' APIs as the rules use them: one interface, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from chalicelib.platforms import Platform
from chalicelib.social.content import Post, PostPage, UserPage
from chalicelib.social.fallback import Fallback
from chalicelib.social.http import Api
from chalicelib.social.instagram import Instagram
from chalicelib.social.tiktok import TikTok


class Feeds(Protocol):
    """An API that returns an account's posts."""

    def posts(self, account: str, after: str | None = None, /) -> PostPage:
        """One page of an account's posts, by its handle or by its id (AccountsById)."""


class SocialApi(Feeds, Protocol):
    """A platform's API. Each call raises an ApiError if it gets no usable response."""

    api: Api | Fallback

    def people(self, content_id: str, after: str | None = None, /) -> UserPage:
        """One page of the people who engaged with a post, of the sort that its count is about."""

    def post(self, content_id: str, /) -> Post:
        """One post. Raises NotFound if it is gone."""

    def close(self) -> None:
        """Closes its connections."""


@runtime_checkable
class AccountsById(Feeds, Protocol):
    """An API that identifies an account by a stable id, which must be looked up. The platform's
    description names the column that keeps it."""

    def account_id(self, handle: str, /) -> str:
        """The account's id. Raises NotFound if there is no such account."""


APIS: Mapping[Platform, Callable[[Api | Fallback], SocialApi]] = {
    "instagram": Instagram,
    "tiktok": TikTok,
}
