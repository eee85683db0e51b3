"""The order of the lists of likers and commenters, as reads show it: recorded, and relied on where
it is proven (`order`). Without ENGAGEMENT_ORDER nothing of this happens."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.engagement.order import ListWatch, Order, Proof, may_stop, shows_order
from chalicelib.engagement.readers import PostRead
from chalicelib.jobs import ClientJob
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.tasks import Task

log = logging.getLogger(__name__)

Lists = Mapping[tuple[Platform, str], ListWatch]
"""The lists that are followed as they are read, by platform and post."""


@dataclass(frozen=True)
class Watch:
    """The followed `lists` of a job, and the `hosts` that read them when it began."""

    lists: Lists = field(default_factory=dict)
    hosts: Mapping[Platform, str] = field(default_factory=dict)


NOTHING = Watch()


def watch(runtime: Runtime, job: ClientJob, tasks: Iterable[Task]) -> Watch:
    """Follows those of the lists that can show an order, if ENGAGEMENT_ORDER says so. A read that
    is continued is not followed."""
    mode = runtime.settings.engagement_order
    if mode == "off" or job.continuation is not None:
        return NOTHING
    shown = [task for task in tasks if shows_order(task)]
    if not shown:
        return NOTHING
    posts = [{"platform": task.platform, "content_id": task.content_id} for task in shown]
    with runtime.db.transaction() as tx:
        rows = tx.run("list_order.known", posts=json.dumps(posts))
        proofs = tx.run("list_order.proofs") if mode == "trust" else []
    proven = {(row["platform"], row["host"]) for row in proofs if Proof.from_row(row).holds}
    names = {(row["platform"], row["content_id"]): frozenset(row["names"]) for row in rows}
    brief = job.trigger != "manual" and runtime.settings.engagement_refresh == "delta"

    def followed(task: Task) -> ListWatch:
        known = names[task.platform, task.content_id]
        if not (brief and may_stop(task, job.of_slot)):
            return ListWatch(known)
        return ListWatch(known, lambda: (task.platform, _host(runtime, task.platform)) in proven)

    lists = {(task.platform, task.content_id): followed(task) for task in shown}
    return Watch(lists, {p: _host(runtime, p) for p in {task.platform for task in shown}})


def note(runtime: Runtime, watched: Watch, posts: Collection[PostRead]) -> None:
    """Records what the lists have shown that were read to their end, by the host that began. It is
    recorded before the names are stored: a job that is done again may count a list twice, but
    forgets no refutation."""
    seen = [(post.platform, order) for post in posts if (order := _shown(watched, post))]
    found: dict[Platform, Proof] = {}
    for platform, order in seen:
        if _host(runtime, platform) == watched.hosts[platform]:
            found[platform] = found.get(platform, Proof()).plus(order)
            _log(watched.hosts[platform], platform, order)
    if not found:
        return
    rows = [
        {
            "host": watched.hosts[platform],
            "platform": platform,
            "lists": proof.lists,
            "names_new": proof.new,
            "names_first": proof.leading,
            "refuted": proof.refuted,
        }
        for platform, proof in found.items()
    ]
    with runtime.db.transaction() as tx:
        tx.run("list_order.note", seen=json.dumps(rows), now=runtime.now())


def _shown(watched: Watch, post: PostRead) -> Order | None:
    listed = watched.lists.get((post.platform, post.content_id))
    read_through = post.stop == "end" and not (post.unreadable or post.continued)
    return listed.order() if listed and read_through else None


def _log(host: str, platform: Platform, order: Order) -> None:
    log.info(
        "order at %s, %s: %d names, %d new, %d of them before all known ones; "
        "the first known at %d, the last new at %d",
        host,
        platform,
        order.names,
        order.new,
        order.leading,
        order.first_known,
        order.last_new,
    )
    if order.missed:
        log.warning(
            "order at %s, %s: %d new names after a page of known ones; lists are read to their end",
            host,
            platform,
            order.missed,
        )


def _host(runtime: Runtime, platform: Platform) -> str:
    return runtime.apis[platform].api.host
