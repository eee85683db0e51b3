"""Each kind of fault: what a client of the sandbox then gets."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from local.sandbox.answer import Answer, Delivery
from local.sandbox.faults import FAULT_LIST
from local.sandbox.kinds import REGISTRY
from local.sandbox.pages import COMMENTS, LIKES, POSTS, VIDEOS, key, position, read
from local.sandbox.scenario import WIB, crowd, demo_day
from local.sandbox.state import SandboxState
from local.sandbox.world import World, likers

DAY = date(2026, 2, 20)
NOW = datetime(2026, 2, 20, 17, tzinfo=WIB)
DEMO = demo_day(DAY).world
CROWD = crowd(DAY, 1).world

IG, TT = "polres.contoh", "polres_contoh"
INFO, USER_INFO, DETAIL = "/v1/info", "/api/user/info", "/api/post/detail"


class Client:
    """Asks a sandbox that has these faults."""

    def __init__(self, *faults: dict[str, Any], world: World = DEMO) -> None:
        self.state = SandboxState(world)
        self.state.set_now(NOW)
        self.state.faults.replace(FAULT_LIST.validate_python(list(faults)))

    def ask(self, path: str, **params: str) -> Answer:
        return self.state.answer(path, params, "any")

    def instagram(self, account: str = IG, token: str = "") -> Answer:
        more = {"pagination_token": token} if token else {}
        return self.ask(POSTS, username_or_id_or_url=account, **more)

    def tiktok(self, account: str = TT, cursor: str = "0") -> Answer:
        return self.ask(VIDEOS, secUid=sec_uid(account), count="12", cursor=cursor)

    def pages(self, path: str, name: str, value: str, most: int = 9) -> list[Answer]:
        """The answers up to the last page, or so many."""
        cursor = "pagination_token" if path == POSTS else "cursor"
        answers = [self.ask(path, **{name: value, "count": "12"})]
        while len(answers) < most and (token := following(path, answers[-1])) is not None:
            answers.append(self.ask(path, **{name: value, "count": "12", cursor: str(token)}))
        return answers


def sec_uid(account: str) -> str:
    found = DEMO.account("tiktok", account)
    return found.key if found else account


def code_of(account: str = IG, ago: int = 1) -> str:
    """One of the account's own unpinned posts."""
    found = DEMO.account("instagram" if "." in account else "tiktok", account)
    assert found
    posts = [post for post in DEMO.feed(found, NOW) if post.owner == account and not post.pinned]
    return posts[ago].code


def items(path: str, answer: Answer) -> list[Any]:
    page = read(path, answer)
    assert page is not None
    return page.items


def keys(path: str, answer: Answer) -> list[Any]:
    return [key(path, item) for item in items(path, answer)]


def following(path: str, answer: Answer) -> Any:
    page = read(path, answer)
    assert page is not None
    return page.following


def fault(kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "times": None, **fields}


ALL_LISTS: list[tuple[str, str, str]] = [
    (POSTS, "username_or_id_or_url", IG),
    (VIDEOS, "secUid", sec_uid(TT)),
    (LIKES, "code_or_id_or_url", code_of()),
    (COMMENTS, "videoId", code_of(TT)),
]
of_every_list = pytest.mark.parametrize(("path", "name", "value"), ALL_LISTS)


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (fault("rate_limit"), 429, "rate limit per second for your plan"),
        (fault("rate_limit", per="minute"), 429, "rate limit per minute for your plan"),
        (fault("quota"), 429, "exceeded the MONTHLY quota for Requests"),
        (fault("quota", per="day"), 429, "exceeded the DAILY quota for Requests"),
        (fault("bad_key"), 401, "Invalid API key"),
        (fault("not_subscribed"), 403, "You are not subscribed to this API."),
        (fault("endpoint_disabled"), 401, "disabled for your subscription"),
        (fault("unknown_path"), 404, "Endpoint '/v1/posts' does not exist"),
    ],
)
def test_the_gateway_says_no_in_its_own_words(sent: dict[str, Any], status: int, text: str) -> None:
    answer = Client(sent).instagram()
    assert answer.status == status
    assert text in answer.body["message"]


def test_a_rate_limit_may_name_a_wait() -> None:
    assert "Retry-After" not in Client(fault("rate_limit")).instagram().headers
    for told in (7, "7", "Fri, 20 Feb 2026 10:00:09 GMT"):
        answer = Client(fault("rate_limit", retry_after=told)).instagram()
        assert answer.headers["Retry-After"] == str(told)


def test_a_used_up_quota_tells_when_it_is_reset() -> None:
    headers = Client(fault("quota", reset_seconds=42)).instagram().headers
    assert headers["x-ratelimit-requests-remaining"] == "0"
    assert headers["x-ratelimit-requests-reset"] == "42"
    assert headers["x-ratelimit-requests-limit"] == "1000000"


def test_what_is_gone_is_a_404_with_a_detail() -> None:
    client = Client(fault("gone", post="abc"), fault("gone", what="Account"))
    assert client.ask(LIKES, code_or_id_or_url="abc").body["detail"].startswith("Media not found")
    gone = client.instagram()
    assert (gone.status, list(gone.body)) == (404, ["detail"])
    assert gone.body["detail"].startswith("Account not found")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_no_json(status: int) -> None:
    answer = Client(fault("server_error", status=status)).tiktok()
    assert answer.status == status
    assert answer.body.startswith("<html>")
    assert answer.headers["Content-Type"] == "text/html"


def test_a_gateway_timeout_has_its_text_under_messages() -> None:
    answer = Client(fault("timeout_504")).tiktok()
    assert answer.status == 504
    assert "timed out" in answer.body["messages"]


@pytest.mark.parametrize(
    ("sent", "delivery"),
    [
        (fault("slow", seconds=2), Delivery(delay_seconds=2)),
        (fault("slow_body", seconds=3), Delivery(body_seconds=3)),
        (fault("cut", share=0.25), Delivery(sent_share=0.25)),
        (fault("reset"), Delivery(reset=True)),
    ],
)
def test_a_bad_connection_delivers_the_right_answer_badly(
    sent: dict[str, Any], delivery: Delivery
) -> None:
    answer = Client(sent).instagram()
    assert answer.delivery == delivery
    assert delivery.reset or answer.body == Client().instagram().body


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("empty_200", 200, ""),
        ("no_content_204", 204, ""),
        ("wrong_envelope", 200, {"status": "ok", "result": {"edges": []}}),
        ("json_array", 200, []),
        ("validation_202", 202, {"success": False, "error": "Validation failed"}),
    ],
)
def test_a_good_status_with_a_body_that_is_no_answer(kind: str, status: int, body: Any) -> None:
    answer = Client(fault(kind)).tiktok()
    assert (answer.status, answer.body) == (status, body)


def test_html_says_that_it_is_html() -> None:
    answer = Client(fault("html")).instagram()
    assert answer.status == 200
    assert answer.body.startswith("<!DOCTYPE html>")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_business_error_has_the_code_it_is_told() -> None:
    busy, hidden = Client(fault("business")), Client(fault("business", code=3002060, message="no"))
    assert busy.tiktok().body["status_code"] == 4
    assert hidden.tiktok().body["status_code"] == 3002060
    assert hidden.tiktok().body["status_msg"] == "no"


@pytest.mark.parametrize("path", [POSTS, VIDEOS])
def test_every_second_post_is_junk_of_each_sort_in_turn(path: str) -> None:
    def ask(client: Client) -> Answer:
        return client.instagram() if path == POSTS else client.tiktok()

    good, bad = items(path, ask(Client())), items(path, ask(Client(fault("unreadable_items"))))
    code, time, caption = (
        ("code", "taken_at", "caption") if path == POSTS else ("id", "createTime", "desc")
    )
    assert bad[1::2] == good[1::2]
    no_key, no_time, null, text, caption_null = bad[:10:2]
    assert code not in no_key
    assert code in no_time
    assert time not in no_time
    assert (null, text) == (None, "unavailable")
    assert caption_null == good[8] | {caption: None}


def test_junk_can_be_chosen_and_is_counted_from_the_first_item() -> None:
    client = Client(fault("unreadable_items", every=1, junk=["null"]))
    assert set(items(POSTS, client.instagram())) == {None}


@pytest.mark.parametrize("every", [1, 2])
def test_unreadable_likers_and_comments_name_nobody(every: int) -> None:
    client = Client(fault("unreadable_items", every=every))
    for liker in items(LIKES, client.ask(LIKES, code_or_id_or_url=code_of()))[::every]:
        assert liker is None or "username" not in liker
    for comment in items(COMMENTS, client.ask(COMMENTS, videoId=code_of(TT)))[::every]:
        assert comment is None or comment == "unavailable" or "user" not in comment


def test_hidden_counts_are_null() -> None:
    client = Client(fault("hidden_counts"))
    for item in items(POSTS, client.instagram()):
        assert item["like_count"] is None
        assert item["like_and_view_counts_disabled"] is True
    for item in items(VIDEOS, client.tiktok()):
        assert set(item["stats"].values()) | set(item["statsV2"].values()) == {None}


@pytest.mark.parametrize(("path", "pin"), [(POSTS, "is_pinned"), (VIDEOS, "isPinnedItem")])
def test_pinned_posts_stand_first_and_out_of_order(path: str, pin: str) -> None:
    def ask(client: Client) -> Answer:
        account = "polres.teladan" if path == POSTS else "polres_teladan"  # they pinned nothing
        return client.instagram(account) if path == POSTS else client.tiktok(account)

    right, changed = ask(Client()), ask(Client(fault("pinned_unordered")))
    assert Counter(keys(path, changed)) == Counter(keys(path, right))
    assert [item[pin] for item in items(path, changed)][:4] == [True, True, True, False]
    assert keys(path, changed)[:3] != keys(path, right)[:3]
    assert keys(path, changed)[:2] == [keys(path, right)[-1], keys(path, right)[0]]
    assert following(path, changed) == following(path, right)


def test_no_post_of_a_later_page_is_pinned() -> None:
    client = Client(fault("pinned_unordered"))
    assert not any(item["is_pinned"] for item in items(POSTS, client.instagram(token="page-12")))


def test_missing_posts_are_left_out_of_the_feed_alone() -> None:
    post, video = code_of(), code_of(TT)
    client = Client(fault("posts_missing", codes=[post, video]))
    assert keys(POSTS, client.instagram()) == [
        code for code in keys(POSTS, Client().instagram()) if code != post
    ]
    assert video not in keys(VIDEOS, client.tiktok())
    assert client.instagram().body["data"]["count"] == len(items(POSTS, client.instagram()))
    assert client.ask(LIKES, code_or_id_or_url=post).status == 200


def test_short_likers_leave_out_the_same_share_each_time() -> None:
    post = CROWD.feed(CROWD.accounts["instagram", "satker0001"], NOW)[0]
    everyone = set(likers(post, NOW))

    def read_by(**fields: Any) -> set[str]:
        client = Client(fault("short_likers", **fields), world=CROWD)
        answers = client.pages(LIKES, "code_or_id_or_url", post.code)
        return {name for answer in answers for name in keys(LIKES, answer)}

    kept = read_by(share=0.4)
    assert kept < everyone
    assert 0.5 < len(kept) / len(everyone) < 0.7
    assert read_by(share=0.4) == kept
    assert read_by(share=0.4, seed=1) != kept
    assert read_by(share=0) == everyone
    assert read_by(share=1) == set()


def test_an_empty_feed_is_a_whole_one() -> None:
    client = Client(fault("empty_feed"))
    posts, videos = client.instagram(), client.tiktok()
    assert posts.body["data"]["items"] == []
    assert posts.body["data"]["user"]["username"] == IG
    assert following(POSTS, posts) is None
    assert items(VIDEOS, videos) == []
    assert following(VIDEOS, videos) is None


@of_every_list
def test_a_page_repeats_the_one_before_and_leads_on(path: str, name: str, value: str) -> None:
    right = Client().pages(path, name, value)
    assert len(right) > 1
    repeated = Client(fault("duplicate_page")).pages(path, name, value)
    assert [following(path, answer) for answer in repeated] == [
        following(path, answer) for answer in right
    ]
    assert keys(path, repeated[0]) == keys(path, right[0])
    for answer, before in zip(repeated[1:], right, strict=False):
        assert keys(path, answer) == keys(path, before)


@of_every_list
def test_a_page_is_reordered_always_alike(path: str, name: str, value: str) -> None:
    def page(*faults: dict[str, Any]) -> Answer:
        return Client(*faults).ask(path, **{name: value})

    right, shuffled = page(), page(fault("reordered_page"))
    assert keys(path, shuffled) != keys(path, right)
    assert Counter(keys(path, shuffled)) == Counter(keys(path, right))
    assert page(fault("reordered_page")).body == shuffled.body
    assert keys(path, page(fault("reordered_page", seed=1))) != keys(path, shuffled)
    assert following(path, shuffled) == following(path, right)


@of_every_list
def test_a_stuck_cursor_leads_to_where_one_is(path: str, name: str, value: str) -> None:
    first, second, third = Client(fault("stuck_cursor")).pages(path, name, value, most=3)
    assert following(path, first) is not None
    assert following(path, second) == following(path, third) == following(path, first)
    assert keys(path, first) == keys(path, second) == keys(path, third)


@of_every_list
def test_a_ring_leads_from_the_last_page_to_the_first(path: str, name: str, value: str) -> None:
    right = Client().pages(path, name, value)
    turned = Client(fault("ring")).pages(path, name, value, most=len(right) + 1)
    assert [keys(path, one) for one in turned[:-1]] == [keys(path, one) for one in right]
    assert keys(path, turned[-1]) == keys(path, right[0])


@of_every_list
def test_a_repeated_page_leads_on_under_ever_new_tokens(path: str, name: str, value: str) -> None:
    repeated = Client(fault("repeated_page")).pages(path, name, value, most=5)
    assert len({following(path, one) for one in repeated}) == 5
    assert all(keys(path, one) == keys(path, repeated[0]) for one in repeated)


@pytest.mark.parametrize("most", [1, 100, 150, 100_000])
def test_a_capped_list_ends_after_so_many(most: int) -> None:
    post = CROWD.feed(CROWD.accounts["instagram", "satker0001"], NOW)[0]
    right = Client(world=CROWD).pages(LIKES, "code_or_id_or_url", post.code)
    everyone = [name for answer in right for name in keys(LIKES, answer)]
    client = Client(fault("capped_list", most=most), world=CROWD)
    capped = client.pages(LIKES, "code_or_id_or_url", post.code)
    assert [name for answer in capped for name in keys(LIKES, answer)] == everyone[:most]
    assert following(LIKES, capped[-1]) is None


@pytest.mark.parametrize(("path", "name", "value"), ALL_LISTS[2:])
def test_an_empty_promise_goes_on_without_end(path: str, name: str, value: str) -> None:
    right = Client().pages(path, name, value)
    promised = Client(fault("empty_promise", after=1)).pages(path, name, value, most=4)
    assert keys(path, promised[0]) == keys(path, right[0])
    assert [keys(path, one) for one in promised[1:]] == [[], [], []]
    assert all(following(path, one) is not None for one in promised)


@of_every_list
def test_tokens_are_numbers_or_strings_and_lead_on_all_the_same(
    path: str, name: str, value: str
) -> None:
    right = Client().pages(path, name, value)
    for kind, form in (("int_tokens", int), ("string_tokens", str)):
        answers = Client(fault(kind)).pages(path, name, value)
        assert [keys(path, answer) for answer in answers] == [keys(path, one) for one in right]
        assert {type(following(path, answer)) for answer in answers[:-1]} == {form}
        assert following(path, answers[-1]) is None


@pytest.mark.parametrize(("path", "name", "value"), ALL_LISTS[:2])
def test_shifting_pages_repeat_one_item_and_lose_none(path: str, name: str, value: str) -> None:
    right = [keys(path, one) for one in Client().pages(path, name, value)]
    shifted = [keys(path, one) for one in Client(fault("shifting_pages")).pages(path, name, value)]
    assert shifted[0] == right[0]
    overlap = 1 if path == POSTS else 0  # Instagram's pages overlap as they are
    for before, page, unshifted in zip(right, shifted[1:], right[1:], strict=False):
        assert page[0] == before[-1 - overlap]
        assert page[1] == unshifted[0]
    assert {one for page in shifted for one in page} == {one for page in right for one in page}


@pytest.mark.parametrize(("path", "name", "value"), ALL_LISTS)
def test_a_fault_of_a_page_is_for_that_page_alone(path: str, name: str, value: str) -> None:
    sent = fault("answer", status=503, path=path, page=2)
    right = Client().pages(path, name, value)
    client = Client(sent)
    tokens = [None, *(following(path, answer) for answer in right[:-1])]
    cursor = "pagination_token" if path == POSTS else "cursor"
    for number, token in enumerate(tokens, 1):
        more = {} if token is None else {cursor: str(token)}
        answer = client.ask(path, **{name: value, "count": "12", **more})
        assert answer.status == (503 if number == 2 else 200), number


def test_a_renamed_account_is_found_by_its_new_name_and_its_secuid() -> None:
    client = Client(fault("renamed", account=TT, to="polres_baru"))
    assert client.ask(USER_INFO, uniqueId=TT).body["statusCode"] == 10202
    body = client.ask(USER_INFO, uniqueId="polres_baru").body
    user = body.get("data", body)["userInfo"]["user"]
    assert (user["uniqueId"], user["secUid"]) == ("polres_baru", sec_uid(TT))
    names = {item["author"]["uniqueId"] for item in items(VIDEOS, client.tiktok())}
    assert names == {"polres_baru"}
    assert client.ask(USER_INFO, uniqueId="polres_teladan").body != body


def test_a_renamed_instagram_account_is_unknown_by_its_old_name() -> None:
    client = Client(fault("renamed", account=IG, to="polres.baru"))
    assert client.instagram().status == 404
    found = client.instagram("polres.baru")
    assert found.body["data"]["user"]["username"] == "polres.baru"
    assert keys(POSTS, found) == keys(POSTS, Client().instagram())


def test_a_changed_secuid_is_what_the_profile_now_tells() -> None:
    client = Client(fault("secuid_changed", account=TT, to="MS4wNew"))
    assert client.tiktok().body["statusCode"] == 10202
    body = client.ask(USER_INFO, uniqueId=TT).body
    assert body.get("data", body)["userInfo"]["user"]["secUid"] == "MS4wNew"
    found = client.ask(VIDEOS, secUid="MS4wNew", count="12")
    assert keys(VIDEOS, found) == keys(VIDEOS, Client().tiktok())
    assert client.instagram().status == 200


def test_a_private_account_shows_its_profile_and_no_post() -> None:
    client = Client(fault("private", account=TT), fault("private", account=IG))
    assert client.tiktok().body["statusCode"] == 10222
    body = client.ask(USER_INFO, uniqueId=TT).body
    assert body.get("data", body)["userInfo"]["user"]["privateAccount"] is True
    feed = client.instagram()
    assert (feed.status, feed.body["data"]["items"]) == (200, [])
    assert feed.body["data"]["user"]["is_private"] is True
    assert following(POSTS, feed) is None
    assert client.ask(INFO, username_or_id_or_url=IG).body["data"]["is_private"] is True
    assert client.ask(LIKES, code_or_id_or_url=code_of()).status == 404
    assert client.ask(COMMENTS, videoId=code_of(TT)).body["status_code"] == 10204


@pytest.mark.parametrize(("kind", "code"), [("banned", 10221), ("account_gone", 10202)])
def test_a_banned_or_gone_account_is_not_found_nor_its_posts(kind: str, code: int) -> None:
    client = Client(fault(kind, account=TT), fault(kind, account=IG))
    assert client.tiktok().body["statusCode"] == code
    assert client.ask(USER_INFO, uniqueId=TT).body["statusCode"] == code
    assert client.ask(DETAIL, videoId=code_of(TT)).body["statusCode"] == 10204
    for answer in (
        client.instagram(),
        client.ask(INFO, username_or_id_or_url=IG),
        client.ask(LIKES, code_or_id_or_url=code_of()),
    ):
        assert (answer.status, list(answer.body)) == (404, ["detail"])
    assert client.instagram("polres.teladan").status == 200
    assert client.tiktok("polres_teladan").body.get("statusCode", 0) == 0


def test_faults_add_up() -> None:
    """A renamed account with a hidden, shuffled and shortened feed."""
    left_out = code_of()
    client = Client(
        fault("renamed", account=IG, to="polres.baru"),
        fault("hidden_counts"),
        fault("reordered_page"),
        fault("posts_missing", codes=[left_out]),
    )
    found = client.instagram("polres.baru")
    right = [code for code in keys(POSTS, Client().instagram()) if code != left_out]
    assert keys(POSTS, found) != right
    assert set(keys(POSTS, found)) == set(right)
    assert {item["like_count"] for item in items(POSTS, found)} == {None}
    assert {item["user"]["username"] for item in items(POSTS, found)} >= {"polres.baru"}


def test_page_faults_leave_errors_as_they_are() -> None:
    told: dict[str, Callable[[], dict[str, Any]]] = {
        "posts_missing": lambda: {"codes": ["x"]},
        "renamed": lambda: {"to": "x", "account": "nobody"},
    }
    right = Client().instagram("nobody")
    for name, kind in REGISTRY.items():
        if not kind.instead and (kind.paths is None or POSTS in kind.paths):
            fields = told.get(name, lambda: {"account": "nobody"})()
            answer = Client(fault(name, **fields)).instagram("nobody")
            assert (answer.status, answer.body) == (right.status, right.body), name


def test_a_post_takes_its_owners_faults() -> None:
    client = Client(fault("quota", account=IG))
    assert client.ask(LIKES, code_or_id_or_url=code_of()).status == 429
    assert client.ask(LIKES, code_or_id_or_url=code_of("polres.teladan", 2)).status == 200


def test_requests_are_counted_with_their_times_per_product() -> None:
    client = Client({"kind": "reset"}, fault("quota", platform="tiktok"))
    for _ in range(3):
        client.instagram()
        client.tiktok()
    stats = client.state.stats()
    assert stats["total"] == 6
    assert stats["statuses"] == {"200": 2, "429": 3}
    assert {product: len(times) for product, times in stats["times"].items()} == {
        "instagram": 3,
        "tiktok": 3,
    }
    times = stats["times"]["instagram"]
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=1).total_seconds()


def test_a_token_is_a_place_however_it_is_written() -> None:
    assert [position(token) for token in ("page-12", "12", 12, "", None)] == [12, 12, 12, 0, 0]
