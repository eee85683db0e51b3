"""What people do to single posts: add one by its link, or restore one from the archive."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.db import Transaction
from chalicelib.errors import BadInput
from chalicelib.manual.links import Location, PostLink, read_link, redirect_of
from chalicelib.manual.runs import find_client
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import wib_day
from chalicelib.social.content import Post
from chalicelib.social.errors import NotFound


@dataclass(frozen=True)
class Added:
    """A post that a person added. `source_type` is `cron_fetch` if a fetch found it first; `new`:
    whether it is news for the client today."""

    platform: Platform
    content_id: str
    client_id: str
    source_type: str
    new: bool


@dataclass(frozen=True)
class Restored:
    """A restored post, and the clients that have it again."""

    platform: Platform
    content_id: str
    client_ids: list[str]


def add_post(
    runtime: Runtime, client_id: str, link: str, location: Location = redirect_of
) -> Added:
    """Stores the linked post as `manual_input` of the client, dated now; it becomes a task of today
    that no fetch removes.

    A post that is already stored keeps its first owner, source and time; one from an earlier day
    still becomes a task of today, and is dated now if it is this client's own.

    The next engagement refresh covers it, and a fetch that finds it keeps it manual. Raises
    BadInput for an unknown client, a link that names no post, a platform that is off for the
    client, and a post that does not exist; an ApiError if the API does not respond. Then nothing is
    stored.
    """
    with runtime.db.transaction() as tx:
        client = find_client(tx, client_id)
    wanted = read_link(link, location)
    if wanted.platform not in client.platforms:
        problem = f"{client.client_id} has {wanted.platform} off"
        raise BadInput("link", problem, "Set its handle and status first.")
    platform, post = wanted.platform, _fetch(runtime, wanted)
    with runtime.db.transaction() as tx:
        tx.run("content.lock", client_id=client.client_id, contents=[post.content_id])
        row = tx.run(
            f"{platform}.add_manual",
            client_id=client.client_id,
            post=post.model_dump_json(),
            now=runtime.now(),
        )[0]
        now = runtime.now()
        tx.run(
            "content.keep",
            client_id=client.client_id,
            platform=platform,
            content_id=row["content_id"],
            task_day=wib_day(now) if row["earlier"] else None,
            now=now,
        )
        if row["new"]:
            _note_new(runtime, tx, client.client_id, post)
    return Added(platform, row["content_id"], client.client_id, row["source_type"], row["new"])


def restore_post(runtime: Runtime, content_id: str) -> Restored:
    """Restores a post from the archive with every row that went with it: likers, comments, client
    links, roles, link reports; no fetch removes it again. If the post has been stored again since,
    the two are merged. Raises BadInput if nothing of it is archived."""
    wanted = content_id.strip()
    with runtime.db.transaction() as tx:
        tx.run("content.lock", client_id=None, contents=[wanted])
        restored = tx.run(
            "content.restore", contents=[wanted], client_id=None, slot=None, now=runtime.now()
        )
    if not restored:
        raise BadInput(
            "content_id", f"{content_id!r} is not in the archive", "See table content_archive."
        )
    clients = sorted({row["client_id"] for row in restored})
    return Restored(restored[0]["platform"], wanted, clients)


def _fetch(runtime: Runtime, wanted: PostLink) -> Post:
    try:
        return runtime.apis[wanted.platform].post(wanted.content_id)
    except NotFound:
        raise BadInput(
            "link", f"{wanted.platform} knows no post {wanted.content_id}", "Check the link."
        ) from None


def _note_new(runtime: Runtime, tx: Transaction, client_id: str, post: Post) -> None:
    now = runtime.now()
    tx.run(
        "content.note_new",
        platform=post.platform,
        content_id=post.content_id,
        client_id=client_id,
        slot=now,
        wib_day=wib_day(now),
        posted_at=post.posted_at,
        caption=post.caption,
        now=now,
    )
