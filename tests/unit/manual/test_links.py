"""Which post a link means: every form that people paste, and everything that is none."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.manual.links import Location, PostLink, read_link, redirect_of
from tests.unit.builders import always
from tests.unit.social.answers import Answer, serving

CODE = "C8c2MRqtPfS"
PRIVATE = "DAb-_9xYzQe" + "A" * 28
VIDEO = "7513039993741397256"
LINK = f"https://www.tiktok.com/@polres_x/video/{VIDEO}"
SHORT = "https://vt.tiktok.com/ZSabc123/"


def nowhere(url: str) -> str | None:
    """A `location` for links that say everything themselves."""
    raise AssertionError(f"{url} was asked for")


class Hops:
    """A `location` over a table; `asked` are the URLs that were asked for."""

    def __init__(self, table: Mapping[str, str | None]) -> None:
        self._table = table
        self.asked: list[str] = []

    def __call__(self, url: str) -> str | None:
        self.asked.append(url)
        return self._table.get(url)


def refusal(text: str, location: Location = nowhere) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_link(text, location)
    assert caught.value.field == "link"
    assert "Send an Instagram post" in str(caught.value), "it says what to send instead"
    return caught.value


# --- Instagram ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"https://www.instagram.com/p/{CODE}/",
        f"https://www.instagram.com/p/{CODE}",
        f"https://instagram.com/p/{CODE}/",
        f"https://m.instagram.com/p/{CODE}/",
        f"http://www.instagram.com/p/{CODE}/",
        f"HTTPS://WWW.INSTAGRAM.COM/p/{CODE}/",
        f"www.instagram.com/p/{CODE}/",
        f"instagram.com/p/{CODE}/",
        f"https://www.instagram.com/reel/{CODE}/",
        f"https://www.instagram.com/reels/{CODE}/",
        f"https://www.instagram.com/tv/{CODE}/",
        f"https://www.instagram.com/polres.contoh/p/{CODE}/",
        f"https://www.instagram.com/polres.contoh/reel/{CODE}/",
        f"https://www.instagram.com/p/{CODE}/?igsh=MWQ1ZGUxMzBkMA==",
        f"https://www.instagram.com/reel/{CODE}?utm_source=ig_web_copy_link",
        f"https://www.instagram.com/p/{CODE}/?img_index=2#comments",
        f"https://www.instagram.com/p/{CODE}/embed/captioned/",
        f"https://www.instagram.com:443/p/{CODE}/",
        f"  https://www.instagram.com/p/{CODE}/\n",
        CODE,
        f" {CODE} ",
        f"\u200ehttps://www.instagram.com/p/{CODE}/\u200b",
        f'"{CODE}"',
    ],
)
def test_every_form_of_an_instagram_post_is_its_shortcode(text: str) -> None:
    assert read_link(text, nowhere) == PostLink("instagram", CODE)


@pytest.mark.parametrize("code", [PRIVATE, "-a_b-", "B1234"])
def test_a_shortcode_is_kept_as_it_is_whatever_its_length_and_signs(code: str) -> None:
    for text in (code, f"https://www.instagram.com/p/{code}/"):
        assert read_link(text, nowhere) == PostLink("instagram", code)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/polres.contoh/",
        "/explore/tags/polri/",
        "/stories/polres.contoh/3393990298478048210/",
        "/p/",
        "/p/abc",
        f"/p/{'A' * 41}",
        f"/p/{CODE}%20x",
        f"/p/{CODE}.jpg",
        f"/x/y/p/{CODE}/",
        "/share/BAxyz12345",
        "/share/p/BAxyz12345/",
        "/share/reel/BAxyz12345/",
        "/reels/audio/612345678901234/",
    ],
)
def test_an_instagram_page_that_is_no_post_is_refused(path: str) -> None:
    assert "names no post" in str(refusal(f"https://www.instagram.com{path}"))


# --- TikTok ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        f"https://www.tiktok.com/@polres_x/photo/{VIDEO}",
        f"https://tiktok.com/@polres_x/video/{VIDEO}/",
        f"https://m.tiktok.com/@polres_x/video/{VIDEO}",
        f"http://www.tiktok.com/@polres_x/video/{VIDEO}",
        f"www.tiktok.com/@polres_x/video/{VIDEO}",
        f"https://www.tiktok.com/@/video/{VIDEO}",
        f"https://www.tiktok.com/@polres_x/video/{VIDEO}?is_from_webapp=1&lang=id-ID",
        VIDEO,
        f" {VIDEO}\n",
    ],
)
def test_every_form_of_a_tiktok_video_is_its_id_without_asking(text: str) -> None:
    assert read_link(text, nowhere) == PostLink("tiktok", VIDEO)


@pytest.mark.parametrize("length", [15, 19, 20])
def test_a_long_number_is_a_video_id(length: int) -> None:
    number = "7" * length
    assert read_link(number, nowhere) == PostLink("tiktok", number)


@pytest.mark.parametrize("length", [14, 21])
def test_any_other_number_is_taken_for_a_shortcode(length: int) -> None:
    number = "7" * length
    assert read_link(number, nowhere) == PostLink("instagram", number)


@pytest.mark.parametrize("number", ["7" * 14, "7" * 21, "7" * 40])
def test_a_number_in_a_video_link_that_is_no_id_is_refused(number: str) -> None:
    assert "leads to no post" in str(
        refusal(f"https://www.tiktok.com/@polres_x/video/{number}", Hops({}))
    )


@pytest.mark.parametrize(
    "short",
    [
        SHORT,
        "https://vm.tiktok.com/ZSabc123/",
        "https://www.tiktok.com/t/ZSabc123/",
        f"https://m.tiktok.com/v/{VIDEO}.html",
    ],
)
def test_a_short_link_is_followed_to_its_video(short: str) -> None:
    location = Hops({short: f"{LINK}?_r=1&share_item_id={VIDEO}"})
    assert read_link(short, location) == PostLink("tiktok", VIDEO)
    assert location.asked == [short]


@pytest.mark.parametrize("text", [SHORT.removeprefix("https://"), SHORT.replace("https", "http")])
def test_a_short_link_is_asked_for_over_https_however_it_was_written(text: str) -> None:
    location = Hops({SHORT: LINK})
    assert read_link(text, location) == PostLink("tiktok", VIDEO)
    assert location.asked == [SHORT]


def test_each_hop_is_taken_on_its_own_and_relative_ones_too() -> None:
    location = Hops(
        {
            SHORT: "https://vm.tiktok.com/ZSdef456/",
            "https://vm.tiktok.com/ZSdef456/": "/t/ZSghi789/",
            "https://vm.tiktok.com/t/ZSghi789/": "//www.tiktok.com/next",
            "https://www.tiktok.com/next": f"/@polres_x/video/{VIDEO}",
        }
    )
    assert read_link(SHORT, location) == PostLink("tiktok", VIDEO)
    assert len(location.asked) == 4


@pytest.mark.parametrize(
    "target",
    [
        "https://www.instagram.com/p/C8c2MRqtPfS/",
        f"https://evil.example/@polres_x/video/{VIDEO}",
        f"https://tiktok.com.evil.example/video/{VIDEO}",
        f"https://eviltiktok.com/video/{VIDEO}",
        f"https://www.tiktok.com@evil.example/video/{VIDEO}",
        f"//evil.example/video/{VIDEO}",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
    ],
)
def test_a_hop_that_leaves_tiktok_is_neither_asked_for_nor_believed(target: str) -> None:
    location = Hops({SHORT: target})
    assert "leaves TikTok's own https sites" in str(refusal(SHORT, location))
    assert location.asked == [SHORT]


@pytest.mark.parametrize(
    "target",
    ["http://www.tiktok.com/t/ZSabc123/", f"http://www.tiktok.com/@polres_x/video/{VIDEO}"],
)
def test_a_hop_without_encryption_is_neither_asked_for_nor_believed(target: str) -> None:
    location = Hops({SHORT: target})
    assert "leaves TikTok's own https sites" in str(refusal(SHORT, location))
    assert location.asked == [SHORT]


@pytest.mark.parametrize("target", ["https://[evil", "//[", "https://tiktok.com\u2100/x"])
def test_a_hop_that_is_no_link_is_refused(target: str) -> None:
    assert "is no link" in str(refusal(SHORT, Hops({SHORT: target})))


def test_links_that_lead_to_each_other_come_to_an_end() -> None:
    other = "https://vm.tiktok.com/ZSdef456/"
    location = Hops({SHORT: other, other: SHORT})
    assert "leads to no post" in str(refusal(SHORT, location))
    assert len(location.asked) <= 5


@pytest.mark.parametrize("target", [None, "", "https://www.tiktok.com/", SHORT])
def test_a_short_link_that_leads_nowhere_is_refused(target: str | None) -> None:
    assert "leads to no post" in str(refusal(SHORT, Hops({SHORT: target})))


def test_a_profile_is_no_video() -> None:
    assert "leads to no post" in str(refusal("https://www.tiktok.com/@polres_x", Hops({})))


# --- anything else --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "abcd",
        "apel pagi",
        "A" * 41,
        f"{CODE}!",
        f"#{CODE}",
        "@polres.contoh",
        "polres.contoh",
        "/p/",
        f"/p/{CODE}/",
        "https://",
        "https:///p/x",
        "http://[",
        "https://[::1",
        f"//www.instagram.com/p/{CODE}/",
        f"ftp://www.instagram.com/p/{CODE}/",
        f"javascript://www.instagram.com/p/{CODE}/",
        f"https://www.facebook.com/p/{CODE}/",
        f"https://instagram.com.evil.example/p/{CODE}/",
        f"https://evilinstagram.com/p/{CODE}/",
        f"https://www.instagram.com@evil.example/p/{CODE}/",
        f"https://evil.example/https://www.instagram.com/p/{CODE}/",
        f"https://tiktok.com.evil.example/@polres_x/video/{VIDEO}",
        f"https://eviltiktok.com/@polres_x/video/{VIDEO}",
        f"https://evil.example/@polres_x/video/{VIDEO}",
        f"https://evil.example/?u={LINK}",
        f"Lihat {LINK}",
        "\u0967" * 19,
        "\x00",
        "\ud800",
    ],
)
def test_anything_else_is_refused_without_asking_anyone(text: str) -> None:
    refusal(text)


PIECES = [
    "http://",
    "https://",
    "www.",
    "m.",
    "vt.",
    "instagram.com",
    "tiktok.com",
    ".evil.example",
    "/p/",
    "/reel/",
    "/video/",
    "/photo/",
    "/@polres_x",
    CODE,
    VIDEO,
    "?x=1",
    "#",
    "@",
    ":",
    "[",
    "]",
    "//",
    "%20",
    "\u2100",
    "\u0130",
    " ",
]
texts = st.text() | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@always
@example("https://[", "")
@example(SHORT, "//[")
@example("https://instagram.com\u2100/p/abcde", "")
@given(texts, texts)
def test_whatever_is_pasted_and_wherever_it_leads_a_post_or_bad_input_comes_of_it(
    text: str, target: str
) -> None:
    asked: list[str] = []

    def location(url: str) -> str:
        asked.append(url)
        return target

    with suppress(BadInput):
        found = read_link(text, location)
        assert found.content_id.isascii()
        assert found.content_id in text + target
    for url in asked:
        host = url.removeprefix("https://").split("/")[0].split("?")[0].split("#")[0]
        assert url.startswith("https://"), "never over plain HTTP"
        assert "tiktok.com" in host.lower()


# --- where a link redirects to --------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    with serving(Answer(status, b"", {"Location": LINK})) as server:
        assert redirect_of(f"{server.url}/ZSabc123/") == LINK
        assert server.paths == ["/ZSabc123/"]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_that_redirects_nowhere_is_none(status: int) -> None:
    with serving(Answer(status, b"<html>")) as server:
        assert redirect_of(server.url) is None


def unreachable() -> str:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}/"


@pytest.mark.parametrize(
    "url",
    [unreachable, lambda: "https://.tiktok.com/x", lambda: f"https://{'a' * 70}.tiktok.com/"],
)
def test_a_site_that_does_not_answer_is_bad_input(url: Callable[[], str]) -> None:
    with pytest.raises(BadInput, match=r"^link: the short link cannot be followed"):
        redirect_of(url())
