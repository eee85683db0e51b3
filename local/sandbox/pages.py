"""The pages of the four endpoints that list something, whatever envelope they come in. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.sandbox.answer import Answer, Params, whole_number

POSTS, LIKES = "/v1/posts", "/v1/likes"
VIDEOS, COMMENTS = "/api/user/posts", "/api/post/comments"
FEEDS = frozenset({POSTS, VIDEOS})
ENGAGED = frozenset({LIKES, COMMENTS})
LISTS = FEEDS | ENGAGED

ITEMS = {POSTS: "items", LIKES: "items", VIDEOS: "itemList", COMMENTS: "comments"}
KEYS = {POSTS: "code", LIKES: "username", VIDEOS: "id", COMMENTS: "cid"}
PINNED = {POSTS: "is_pinned", VIDEOS: "isPinnedItem"}
CURSORS = {POSTS: "pagination_token", LIKES: "cursor", VIDEOS: "cursor", COMMENTS: "cursor"}

Token = str | int
Responder = Callable[[Params], Answer]


@dataclass(frozen=True, slots=True)
class Page:
    """What a page lists, and the token of the next one; None at the end."""

    items: list[Any]
    following: Token | None


def read(path: str, answer: Answer) -> Page | None:
    """The page in an answer; None where it is an error or lists nothing."""
    holder = _holder(path, answer)
    if holder is None:
        return None
    if path == POSTS:
        following = answer.body.get("pagination_token") or None
    elif path == LIKES:
        following = holder.get("next_cursor") or holder.get("end_cursor") or None
    else:
        following = holder["cursor"] if holder.get("hasMore") or holder.get("has_more") else None
    return Page(list(holder.get(ITEMS[path]) or []), following)


def with_items(path: str, answer: Answer, items: Sequence[Any]) -> Answer:
    """The page with these items; what it says of the next page stays."""
    changed: dict[str, Any] = {ITEMS[path]: list(items)}
    if path in (POSTS, LIKES):
        changed["count"] = len(items)
    return _changed(path, answer, changed)


def with_following(path: str, answer: Answer, token: Token | None) -> Answer:
    """The page with this token of the next one; with None it is the last."""
    if path == POSTS:
        return replace(answer, body={**answer.body, "pagination_token": token})
    holder = _holder(path, answer) or {}
    if path == LIKES:
        name = "end_cursor" if "end_cursor" in holder else "next_cursor"
        more = {"has_more": token is not None} if "has_more" in holder else {}
        return _changed(path, answer, {name: token, **more})
    cursor = {} if token is None else {"cursor": token}
    if path == VIDEOS:
        return _changed(path, answer, {"hasMore": token is not None, **cursor})
    return _changed(path, answer, {"has_more": int(token is not None), **cursor})


def position(token: Token | None) -> int:
    """Where a token points, 0 for the first page; however it is written."""
    return whole_number(str(token or "").removeprefix("page-"))


def walk(path: str, params: Params, right: Responder) -> list[Answer]:
    """The answers that lead to the page asked for, from the first page on; it is the last.

    A page that no other leads to stands behind the ones that were read.
    """
    name = CURSORS.get(path, "")
    first = {key: value for key, value in params.items() if key != name}
    wanted, at, answers = position(params.get(name)), 0, [right(first)]
    while at != wanted:
        page = read(path, answers[-1])
        if page is None or page.following is None or position(page.following) == at:
            return [*answers, right(params)]
        at = position(page.following)
        answers.append(right({**first, name: str(page.following)}))
    return answers


def key(path: str, item: Any) -> Any:
    """What tells an item from others; an item that is no object is its own key."""
    return item.get(KEYS[path]) if isinstance(item, Mapping) else item


def _holder(path: str, answer: Answer) -> Mapping[str, Any] | None:
    """The object that holds the items: the body, or what it wraps in `data`."""
    if path not in LISTS or answer.status != 200 or not isinstance(answer.body, Mapping):
        return None
    inner = answer.body.get("data")
    holder = inner if isinstance(inner, Mapping) else answer.body
    promised = "hasMore" if path == VIDEOS else ITEMS[path]
    return holder if promised in holder else None


def _changed(path: str, answer: Answer, changed: Mapping[str, Any]) -> Answer:
    body = {**(_holder(path, answer) or {}), **changed}
    wrapped = isinstance(answer.body.get("data"), Mapping)
    return replace(answer, body={**answer.body, "data": body} if wrapped else body)
