"""Pages that come twice, out of order, or lead nowhere."""

from pydantic import NonNegativeInt, PositiveInt

from local.sandbox import ids
from local.sandbox.answer import Answer
from local.sandbox.kinds.registry import Call, kind
from local.sandbox.pages import (
    COMMENTS,
    CURSORS,
    ENGAGED,
    FEEDS,
    LIKES,
    LISTS,
    POSTS,
    Token,
    key,
    position,
    read,
    walk,
    with_following,
    with_items,
)


@kind(paths=LISTS)
def duplicate_page(call: Call) -> Answer:
    """A page repeats the one before it; its token leads on. The first page is right."""
    answers = walk(call.path, call.params, call.right)
    before = read(call.path, answers[-2]) if len(answers) > 1 else None
    if before is None or read(call.path, answers[-1]) is None:
        return answers[-1]
    return with_items(call.path, answers[-1], before.items)


@kind(paths=LISTS)
def reordered_page(call: Call, *, seed: int = 0) -> Answer:
    """The items of a page are shuffled, always in the same way for the same seed."""
    answer = call.otherwise()
    page = read(call.path, answer)
    if page is None:
        return answer
    order = sorted(range(len(page.items)), key=lambda place: ids.number(f"{seed} {place}", 32))
    return with_items(call.path, answer, [page.items[place] for place in order])


@kind(paths=LISTS)
def stuck_cursor(call: Call) -> Answer:
    """A page promises more, under the token it was requested with."""
    start = "page-0" if call.path == POSTS else "0"
    asked: Token = call.params.get(CURSORS[call.path]) or start
    return _leading_to(call, position(asked) if call.path == COMMENTS else asked)


@kind(paths=LISTS)
def int_tokens(call: Call) -> Answer:
    """Tokens of next pages are JSON numbers."""
    token = _following(call)
    return call.otherwise() if token is None else _leading_to(call, position(token))


@kind(paths=LISTS)
def string_tokens(call: Call) -> Answer:
    """Tokens of next pages are JSON strings."""
    token = _following(call)
    return call.otherwise() if token is None else _leading_to(call, str(token))


@kind(paths=FEEDS)
def shifting_pages(call: Call) -> Answer:
    """Later pages begin one item early, as when a post was added on top after the first page.

    So the last item of each page is repeated on the next. The post on top is never shown.
    """
    answers = walk(call.path, call.params, call.right)
    page = read(call.path, answers[-1])
    before = read(call.path, answers[-2]) if len(answers) > 1 else None
    if page is None or before is None:
        return answers[-1]
    listed = [key(call.path, item) for item in page.items]
    repeated = [item for item in before.items if key(call.path, item) not in listed][-1:]
    kept = page.items if page.following is None else page.items[:-1]
    return with_items(call.path, answers[-1], repeated + kept)


@kind(paths=ENGAGED)
def capped_list(call: Call, *, most: PositiveInt = 1000) -> Answer:
    """The list ends after `most` entries, even if more would follow."""
    answers = walk(call.path, call.params, call.right)
    *before, page = (read(call.path, answer) for answer in answers)
    room = most - sum(len(earlier.items) for earlier in before if earlier)
    if page is None or len(page.items) < room:
        return answers[-1]
    shown = with_items(call.path, answers[-1], page.items[: max(0, room)])
    return with_following(call.path, shown, None)


@kind(paths=LISTS)
def ring(call: Call) -> Answer:
    """The last page leads back to the first one."""
    page = read(call.path, call.otherwise())
    if page is None or page.following is not None:
        return call.otherwise()
    return _leading_to(call, _token(call.path, 0))


@kind(paths=LISTS)
def repeated_page(call: Call) -> Answer:
    """Each page is the first one, and leads on under a token of its own."""
    name = CURSORS[call.path]
    first = call.right({key: value for key, value in call.params.items() if key != name})
    page = read(call.path, first)
    if page is None:
        return first
    following = position(call.params.get(name)) + max(1, len(page.items))
    return with_following(call.path, first, _token(call.path, following))


@kind(paths=ENGAGED)
def empty_promise(call: Call, *, after: NonNegativeInt = 0) -> Answer:
    """After `after` pages come empty ones that promise more."""
    answers = walk(call.path, call.params, call.right)
    page = read(call.path, answers[-1])
    if page is None:
        return answers[-1]
    shown = with_items(call.path, answers[-1], page.items if len(answers) <= after else [])
    following = position(call.params.get(CURSORS[call.path])) + max(1, len(page.items))
    return with_following(call.path, shown, page.following or _token(call.path, following))


def _token(path: str, place: int) -> Token:
    """A token as the product writes it."""
    return f"page-{place}" if path == POSTS else str(place) if path == LIKES else place


def _following(call: Call) -> Token | None:
    page = read(call.path, call.otherwise())
    return page.following if page else None


def _leading_to(call: Call, token: Token) -> Answer:
    """The right page with another token for the next one; other answers stay as they are."""
    answer = call.otherwise()
    return answer if read(call.path, answer) is None else with_following(call.path, answer, token)
