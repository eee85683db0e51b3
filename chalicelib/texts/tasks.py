"""The hourly task list of a client's groups. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from chalicelib.clients import Client
from chalicelib.platforms import Platform
from chalicelib.slots import to_wib
from chalicelib.tasks import Task
from chalicelib.texts.age import Age, FeedRead
from chalicelib.texts.ledger import Change, change_sections
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import format_number, link, name_of, quoted

_NOTHING_TO_DO = "Belum ada tugas hari ini. Terima kasih atas kesiapan rekan-rekan."


def task_list(
    client: Client,
    at: datetime,
    posts: Mapping[Platform, Sequence[Task]],
    changes: Sequence[Change],
    longest: int = LONGEST,
    feeds: Mapping[Platform, FeedRead] = MappingProxyType({}),
) -> tuple[Part, ...]:
    """The hour's list of a client's posts of the day, with the changes since the last message. Only
    platforms that are on are listed. `feeds`: how each was read; one that is missing was read in
    this slot."""
    age = Age(client, at, feeds)
    counts = [age.counted(platform, len(posts.get(platform, ()))) for platform in client.platforms]
    head = [f"*{name_of(client)}*", age.headline(), f"Konten: {', '.join(counts)}"]
    sections = [*change_sections(client, changes), *_platforms(client, posts, age)]
    return split("DAFTAR TUGAS LIKES & KOMENTAR", head, sections, longest)


def _platforms(
    client: Client, posts: Mapping[Platform, Sequence[Task]], age: Age
) -> Iterator[Section]:
    for platform in client.platforms:
        tasks = posts.get(platform, ())
        items = [_item(client, position, post) for position, post in enumerate(tasks, 1)]
        note = age.note(platform, len(tasks)) or (None if tasks else "Tidak ada konten hari ini.")
        yield Section(age.title(platform, len(tasks)), [*([Item(note)] if note else []), *items])
    if age.current and not any(posts.get(platform) for platform in client.platforms):
        yield Section(_NOTHING_TO_DO)


def _item(client: Client, position: int, post: Task) -> Item:
    manual = " (input manual)" if post.manual else ""
    counts = f"{format_number(post.like_count)} suka, {format_number(post.comment_count)} komentar"
    return Item(
        f"{position}. {link(client, post.platform, post.content_id)}{manual}\n"
        f"   {quoted(post.caption)}\n"
        f"   {to_wib(post.posted_at):%H:%M} WIB | {counts}"
    )
