"""The platforms' APIs as the rules use them: one form, whatever stands behind it."""

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
    """What has an account's posts."""

    def posts(self, account: str, after: str | None = None, /) -> PostPage:
        """One page of an account's posts, by its handle, or by its id (AccountsById)."""


class SocialApi(Feeds, Protocol):
    """A platform's API. Each call raises an ApiError where the answer is not one."""

    api: Api | Fallback

    def people(self, content_id: str, after: str | None = None, /) -> UserPage:
        """One page of those who engaged with a post, as far as its count is about them."""

    def post(self, content_id: str, /) -> Post:
        """One post. NotFound where it is gone."""

    def close(self) -> None:
        """Closes its connections."""


@runtime_checkable
class AccountsById(Feeds, Protocol):
    """An API that knows an account by a stable id, which has to be asked for. The platform's
    description names the column that keeps it."""

    def account_id(self, handle: str, /) -> str:
        """The account's id. NotFound where there is no such account."""


APIS: Mapping[Platform, Callable[[Api | Fallback], SocialApi]] = {
    "instagram": Instagram,
    "tiktok": TikTok,
}
