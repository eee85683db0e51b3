"""What can happen to an account. These last until the faults are replaced."""

from dataclasses import replace
from typing import Any

from local.sandbox.answer import Answer, business_error, not_found, product_of
from local.sandbox.ids import sec_uid
from local.sandbox.kinds.registry import Call, kind
from local.sandbox.pages import VIDEOS, read, with_following, with_items

NOBODY = "-"  # neither product has an account of this name
TIKTOK = frozenset({"/api/user/info", VIDEOS, "/api/post/comments", "/api/post/detail"})
OF_POSTS = frozenset({"/v1/likes", "/v1/post_info", "/api/post/comments", "/api/post/detail"})


@kind(lasts=True)
def renamed(call: Call, *, to: str) -> Answer:
    """The account is now called `to`, with its old secUid; the old name is unknown."""
    return _called(call, call.account, to)


@kind(paths=TIKTOK, lasts=True)
def secuid_changed(call: Call, *, to: str) -> Answer:
    """The TikTok account has `to` as its secUid; the old one is unknown."""
    return _called(call, sec_uid(call.account), to)


@kind(lasts=True)
def private(call: Call) -> Answer:
    """The account is private: its profile says so, its posts are shown to nobody."""
    if call.path in OF_POSTS:
        return _unavailable(call)
    answer = call.otherwise()
    if call.path == VIDEOS:
        return answer if read(VIDEOS, answer) is None else business_error(10222, "private account")
    if read(call.path, answer) is not None:
        answer = with_following(call.path, with_items(call.path, answer, []), None)
    return replace(answer, body=_with(answer.body, is_private=True, privateAccount=True))


@kind(instead=True, lasts=True)
def banned(call: Call) -> Answer:
    """The account is banned: 10221 on TikTok, 404 on Instagram; no post is found."""
    return _unavailable(call, 10221, "user is banned")


@kind(instead=True, lasts=True)
def account_gone(call: Call) -> Answer:
    """The account does not exist: 10202 on TikTok, 404 on Instagram; no post is found."""
    return _unavailable(call, 10202, "user doesn't exist")


def _unavailable(call: Call, code: int = 10204, message: str = "item doesn't exist") -> Answer:
    """The account, or the post of it that was requested, is not available."""
    of_post = call.path in OF_POSTS
    if product_of(call.path) == "instagram":
        return not_found("Media" if of_post else "Account")
    return business_error(10204, "item doesn't exist") if of_post else business_error(code, message)


def _called(call: Call, old: str, new: str) -> Answer:
    """The answer if what was called `old` is now called `new`."""
    names = {old: NOBODY, new: old}
    params = {name: names.get(value, value) for name, value in call.params.items()}
    answer = call.right(params)
    return replace(answer, body=_swapped(answer.body, old, new))


def _swapped(value: Any, old: str, new: str) -> Any:
    """The JSON value with every string equal to `old` replaced; texts that contain it stay."""
    if isinstance(value, dict):
        return {name: _swapped(one, old, new) for name, one in value.items()}
    if isinstance(value, list):
        return [_swapped(one, old, new) for one in value]
    return new if value == old else value


def _with(value: Any, **fields: Any) -> Any:
    """The JSON value with these fields replaced wherever objects have them."""
    if isinstance(value, list):
        return [_with(one, **fields) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: fields.get(name, _with(one, **fields)) for name, one in value.items()}
