"""A client's run at the start of its fetch, parsed from the row of posts.begin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from chalicelib.clients import Client
from chalicelib.platforms import Platform


@dataclass(frozen=True)
class KeptAccount:
    """What is stored of an account: the handle it was `asked` for by, None if it never was, with
    the id that was returned (`found`); and the id stored with the client (`on_client`)."""

    asked: str | None = None
    found: str | None = None
    on_client: str | None = None

    def id_of(self, handle: str) -> str | None:
        """The id that was looked up for this handle, or, if nothing has been looked up yet, the one
        stored with the client."""
        if self.asked is None:
            return self.on_client
        return self.found if self.asked == handle else None


@dataclass(frozen=True)
class History:
    """What a platform's verdict needs to know of a client: whether no fetch of the day has been
    complete yet (`first`), whether the client `had` posts at all, whether any posts before the day
    are `known`; and the account."""

    first: bool
    had: bool
    known: bool
    account: KeptAccount = KeptAccount()

    @classmethod
    def from_json(cls, entry: Mapping[str, Any], on_client: str | None) -> Self:
        """From an entry of posts.begin's `platforms`."""
        account = KeptAccount(entry["account_handle"], entry["account_id"], on_client)
        return cls(entry["first"], entry["had"], entry["known"], account)


@dataclass(frozen=True)
class FetchRun:
    """A client's run of a slot. `ended`: nothing is left to do; `fetched`: its posts are stored.
    `api_calls`: its calls so far, by path and outcome."""

    client: Client
    history: Mapping[Platform, History]
    ended: bool
    fetched: bool
    api_calls: Mapping[str, int]
    plan: Mapping[str, Any] | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From the row of posts.begin."""
        client = Client.from_row(row["client"])
        return cls(
            client=client,
            history={
                platform: History.from_json(
                    row["platforms"][platform], client.account_ids.get(platform)
                )
                for platform in client.platforms
            },
            ended=row["finished_at"] is not None,
            fetched=row["fetched_at"] is not None,
            api_calls=row["api_calls"],
            plan=row["plan"],
        )
