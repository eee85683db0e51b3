"""What is typed as an account's name: the account, or none."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.handles import Handle, Problem, read_handle
from chalicelib.platforms import PLATFORMS, Platform
from tests.unit.builders import always

EVERYWHERE = [
    "polres_x",
    "@polres_x",
    "@@polres_x",
    "@ polres_x",
    "POLRES_X",
    "  Polres_X \n",
    '"polres_x"',
    "<polres_x>",
    "\ufeffpolres_x",
    "polres_x\u200e",
    "\u200e@pol\u200bres_x\u200f",
    "\u202apolres_x\u202c",
    "polres_x\u00a0",
    "polres_x\ufe0f",
    "\uff20\uff50\uff4f\uff4c\uff52\uff45\uff53\uff3f\uff58",
    "\U0001d5fd\U0001d5fc\U0001d5f9\U0001d5ff\U0001d5f2\U0001d600_x",
    "polres_x/",
    "@polres_x//",
    "polres_x?igsh=MWQ1ZGUxMzBkMA==",
    "@polres_x/?igsh=x",
    "polres_x#",
    "/polres_x/",
]
INSTAGRAM = [
    "https://www.instagram.com/Polres_X/",
    "https://www.instagram.com/polres_x?igsh=abc",
    "https://www.instagram.com/polres_x/?igsh=abc&utm_source=qr",
    "https://www.instagram.com/polres_x/#top",
    "http://instagram.com/polres_x/reels/",
    "https://instagram.com/polres_x/tagged/",
    "https://instagram.com/polres_x/p/C8c2MRqtPfS/",
    "https://instagram.com/polres_x/reel/C8c2MRqtPfS/",
    "HTTPS://WWW.INSTAGRAM.COM/POLRES_X",
    "https://m.instagram.com/polres_x",
    "https://www.instagram.com:443/polres_x",
    "https://instagram.com//polres_x//",
    "https://instagram.com/@polres_x",
    "https://instagram.com/polres_x%E2%80%8E",
    "https://instagram.com/polres%5Fx/",
    "https://www.instagram.com/polres_x/\u200e",
    "www.instagram.com/polres_x",
    "instagram.com/polres_x",
    "@instagram.com/polres_x",
    "//instagram.com/polres_x",
    "https:instagram.com/polres_x",
    "https:/instagram.com/polres_x",
    "https//instagram.com/polres_x",
    "instagram.com/stories/polres_x/1",
    "https://www.instagram.com/stories/Polres_X/3393990298478048210/?hl=id",
    "https://www.instagram.com/stories/polres_x/",
    "https://www.instagram.com/_u/polres_x",
    "\uff49nstagram.com\uff0fpolres_x",
]
TIKTOK = [
    "https://www.tiktok.com/@Polres_X",
    "https://www.tiktok.com/@polres_x?lang=id-ID",
    "https://www.tiktok.com/@polres_x/?lang=id",
    "https://www.tiktok.com/@polres_x#x",
    "tiktok.com/@polres_x/video/7513039993741397256",
    "tiktok.com/@polres_x/photo/7513039993741397256",
    "https://tiktok.com/@polres_x/live",
    "https://m.tiktok.com/@polres_x",
    "http://WWW.TIKTOK.COM/@POLRES_X/",
    "www.tiktok.com/%40polres_x",
    "@polres_x/video/7513039993741397256",
    "https://www.tiktok.com/@polres_x\u200e/",
]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("typed", EVERYWHERE)
def test_a_name_is_found_in_every_form(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle("polres_x")


@pytest.mark.parametrize(
    ("typed", "platform"),
    [(typed, "instagram") for typed in INSTAGRAM] + [(typed, "tiktok") for typed in TIKTOK],
)
def test_a_profile_s_address_is_its_name(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle("polres_x")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("typed", [None, "", "   ", "\n", "\u200e", "\ufeff \u00a0", "<>", '""'])
def test_where_nothing_is_set_nothing_is_wrong(typed: str | None, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle()


WORDS = [
    "NULL", "null", "-", "--", "\u2013", "_", ".", "...", "@", "/", "none", "None", "n/a", "N/A",
    "#N/A", "na", "nan", "undefined", "tidak ada", "Tidak Ada", "TIDAK  ADA", "(tidak ada)",
    "tidak_ada", "belum ada", "kosong", "@null", "@-", "username", "Instagram", "TikTok",
]  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("typed", WORDS)
def test_a_word_for_none_is_no_account(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle(problem="word")


NO_PROFILE: dict[Platform, list[str]] = {
    "instagram": [
        "https://www.instagram.com/",
        "instagram.com",
        "@instagram.com",
        "www.instagram.com",
        "https://www.instagram.com/?hl=id",
        "https://www.instagram.com/reel/C8c2MRqtPfS/",
        "https://www.instagram.com/REEL/C8c2MRqtPfS/",
        "https://www.instagram.com/reels/C8c2MRqtPfS/",
        "https://www.instagram.com/p/C8c2MRqtPfS/?igsh=abc",
        "https://www.instagram.com/tv/C8c2MRqtPfS/",
        "https://www.instagram.com/share/BAxyz12345",
        "https://www.instagram.com/share/reel/BAxyz12345",
        "https://www.instagram.com/s/aGlnaGxpZ2h0OjE3?story_media_id=1",
        "https://www.instagram.com/explore/",
        "https://www.instagram.com/explore/tags/polri/",
        "https://www.instagram.com/accounts/login/?next=/polres_x/",
        "https://www.instagram.com/stories/highlights/17900000000000000/",
        "https://www.instagram.com/direct/t/17800000000000000/",
        "https://www.instagram.com/stories/",
        "https://l.instagram.com/?u=https%3A%2F%2Fpolri.go.id",
        "https://help.instagram.com/polres_x",
        "https://instagr.am/p/C8c2MRqtPfS",
        "instagr.am/polres_x",
        "https://ig.me/m/polres_x",
        "reel", "p", "@explore", "share", "Stories", "accounts",
    ],
    "tiktok": [
        "https://www.tiktok.com/",
        "tiktok.com",
        "https://vt.tiktok.com/ZSabc123/",
        "vt.tiktok.com/ZSabc123",
        "https://vm.tiktok.com/ZMabc123/",
        "https://www.tiktok.com/t/ZSabc123/",
        "https://m.tiktok.com/v/7513039993741397256.html",
        "https://www.tiktok.com/tag/polri",
        "https://www.tiktok.com/music/suara-asli-7513039993741397256",
        "https://www.tiktok.com/foryou",
        "https://www.tiktok.com/share/user/7513039993741397256",
        "https://www.tiktok.com/search?q=polres",
        "foryou", "@explore", "t", "discover",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "platform"), [(typed, p) for p, listed in NO_PROFILE.items() for typed in listed]
)
def test_a_page_that_is_no_profile_is_no_account(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle(problem="no_profile")


OTHER_SITES: dict[Platform, list[str]] = {
    "instagram": [
        "https://www.tiktok.com/@polres_x",
        "tiktok.com/@polres_x",
        "vt.tiktok.com/ZSabc",
    ],
    "tiktok": [
        "https://www.instagram.com/polres_x",
        "instagram.com/polres_x",
        "instagr.am/p/C8c2MR",
    ],
}


@pytest.mark.parametrize(
    ("typed", "platform"),
    [(typed, platform) for platform, listed in OTHER_SITES.items() for typed in listed]
    + [
        (typed, platform)
        for platform in PLATFORMS
        for typed in [
            "https://www.facebook.com/polres.x",
            "facebook.com/polres_x",
            "m.facebook.com",
            "https://fb.watch/abc/",
            "https://youtube.com/@polres_x",
            "youtu.be/abc",
            "https://www.threads.net/@polres_x",
            "https://x.com/polres_x",
            "https://linktr.ee/polres_x",
            "https://polri.go.id/polres_x",
            "www.polri.go.id",
            "https://instagram.com.evil.example/polres_x",
            "https://evilinstagram.com/polres_x",
            "https://tiktok.com.evil.example/@polres_x",
            "https://www.instagram.com@evil.example/polres_x",
            "https://polres_x",
            "https://[::1",
            "polri.go.id/polres_x",
        ]
    ],
)
def test_a_link_to_another_site_is_no_account(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle(problem="other_site")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "typed",
    [
        "polres x",
        "Polres X Official",
        "@polres_x @polres_y",
        "@polres_x, @polres_y",
        "polres_x/polres_y",
        "humas@polri.go.id",
        "humas.polresx@gmail.com",
        "r\u00e9sum\u00e9",
        "\u043folres",
        "polres-x",
        "polres_x!",
        "IG: polres_x",
        "ig:polres_x",
        "081200000001",
        "+62 812-0000-0001",
        "polres_x.",
        "a" * 31,
        "?igsh=abc",
        "polres_x (baru)",
        "https://www.instagram.com/polres_x/ dan https://www.tiktok.com/@polres_x",
    ],
)
def test_what_no_account_can_be_called_is_none(typed: str, platform: Platform) -> None:
    assert read_handle(typed, platform) == Handle(problem="form")


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("polres.x", ("instagram", "tiktok")),
        ("_x_", ("instagram", "tiktok")),
        ("1x", ("instagram", "tiktok")),
        ("x", ("instagram",)),
        ("a" * 24, ("instagram", "tiktok")),
        ("a" * 25, ("instagram",)),
        ("a" * 30, ("instagram",)),
        (".polres", ("tiktok",)),
        ("pol..res", ("tiktok",)),
    ],
)
def test_each_platform_has_its_own_rule_of_names(name: str, on: tuple[str, ...]) -> None:
    assert tuple(p for p in PLATFORMS if read_handle(name, p).name == name) == on
    for platform in set(PLATFORMS) - set(on):
        assert read_handle(name, platform) == Handle(problem="form")


names = st.from_regex(r"[a-z][a-z0-9_]{5,20}", fullmatch=True)
unseen = st.text(st.sampled_from("\u200e\u200b\ufeff\u202a\u00ad \t\n\u00a0"), max_size=3)
around = st.sampled_from(
    ["{}", "@{}", "{}/", "{}?igsh=x", "{}#x", "/{}/", "https://www.{site}/@{}", "{site}/@{}/"]
)


@always
@given(names, st.sampled_from(PLATFORMS), unseen, unseen, around, st.booleans())
def test_whatever_stands_around_a_name_it_is_found(
    name: str, platform: Platform, before: str, after: str, form: str, upper: bool
) -> None:
    if read_handle(name, platform).name is None:  # a page's word, or one for none
        return
    typed = form.format(name.upper() if upper else name, site=f"{platform}.com")
    assert read_handle(f"{before}{typed}{after}", platform) == Handle(name)


PIECES = [
    "https://", "http:", "//", "www.", "m.", "vt.", "instagram.com", "tiktok.com", "facebook.com",
    "/", "@", "?", "#", "%40", "%2F", ".", "..", "_", " ", "p", "reel", "stories", "share", "t",
    "polres", "\u200e", "\uff20", "[", "]", ":", "NULL", "-",
]  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["_?0", "_#x", "__/", "@_?", "https://instagram.com/_", "https://www.tiktok.com/@__"]
)
def test_what_an_address_leaves_without_letters_is_a_word_for_none(typed: str) -> None:
    platform: Platform = "tiktok" if "tiktok" in typed else "instagram"
    assert read_handle(typed, platform) == Handle(problem="word")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("instagram.com/instagram.com", "no_profile"),
        ("https://www.instagram.com/Facebook.com/", "other_site"),
        ("instagram.com/www.polres", "other_site"),
        ("instagram.com/_u/tiktok.com", "other_site"),
        ("https://www.tiktok.com/@instagram.com", "other_site"),
        ("https://www.tiktok.com/@www.tiktok.com", "no_profile"),
    ],
)
def test_a_site_s_name_is_no_account_in_an_address_either(typed: str, problem: Problem) -> None:
    platform: Platform = "tiktok" if "www.tiktok" in typed else "instagram"
    assert read_handle(typed, platform) == Handle(problem=problem)


@always
@example("instagram.com/instagram.com", "instagram")
@example("instagram.com/www.polres", "instagram")
@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=8).map("".join)),
    st.sampled_from(PLATFORMS),
)
def test_whatever_is_typed_a_name_or_a_problem_comes_of_it(typed: str, platform: Platform) -> None:
    handle = read_handle(typed, platform)
    problems: tuple[Problem, ...] = ("word", "no_profile", "other_site", "form")
    assert handle.problem is None or handle.problem in problems
    if handle.name is not None:
        assert re.fullmatch(r"[a-z0-9._]{1,30}", handle.name)
        assert handle.name not in {"p", "reel", "reels", "stories", "share", "t", "null"}
        assert handle.problem is None
        assert read_handle(handle.name, platform) == handle
