"""What an Api asks about its host and key, and what it reports about them."""

from __future__ import annotations

from chalicelib.social.errors import ApiError


class Route:
    """One host with one key. This one allows everything and records nothing."""

    def permit(self, path: str) -> None:
        """Returns when the path may be called, or raises why it may not."""

    def trip(self, path: str, error: ApiError) -> None:
        """Called with an error that further calls of the path will not fix."""

    def answered(self) -> None:
        """Called for each call that was answered."""

    def refused(self, account: str) -> bool:  # noqa: ARG002
        """Called when an account is refused. Returns whether the route itself must now be the
        cause."""
        return False
