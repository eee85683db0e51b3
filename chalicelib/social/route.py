"""What an Api asks about its host and key, and tells of them."""

from __future__ import annotations

from chalicelib.social.errors import ApiError


class Route:
    """One host with one key. This one allows everything and keeps nothing."""

    def permit(self, path: str) -> None:
        """Returns when the path may be called, or raises why it may not."""

    def trip(self, path: str, error: ApiError) -> None:
        """Is told of what no further call of the path will mend."""

    def answered(self) -> None:
        """Is told of each call that was answered."""

    def refused(self, account: str) -> bool:  # noqa: ARG002
        """Is told of an account that is refused. Whether that is the route's own trouble by now."""
        return False
