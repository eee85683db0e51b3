"""The pages of the four endpoints that return lists, whatever their envelope. Pure."""

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
    """A page's items, and the token of the next page; None at the end."""

    items: list[Any]
    following: Token | None


def read(path: str, answer: Answer) -> Page | None:
    """The page in an answer; None if it is an error or not a list."""
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
    """The page with these items; the token of the next page stays."""
    changed: dict[str, Any] = {ITEMS[path]: list(items)}
    if path in (POSTS, LIKES):
        changed["count"] = len(items)
    return _changed(path, answer, changed)


def with_following(path: str, answer: Answer, token: Token | None) -> Answer:
    """The page with this token for the next one; with None it is the last."""
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
    """The position that a token points to, in whatever form; 0 for the first page."""
    return whole_number(str(token or "").removeprefix("page-"))


def walk(path: str, params: Params, right: Responder) -> list[Answer]:
    """The answers from the first page to the requested one, which comes last.

    A page that no other leads to is appended to those that were read.
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
    """What identifies an item; an item that is not an object is its own key."""
    return item.get(KEYS[path]) if isinstance(item, Mapping) else item


def _holder(path: str, answer: Answer) -> Mapping[str, Any] | None:
    """The object that holds the items: the body, or the `data` in it."""
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
