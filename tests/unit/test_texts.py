"""Message texts: what they say, and that nothing in them can be broken from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import texts
from chalicelib.social import errors
from chalicelib.texts import Change, SlotReport, TaskPost
from tests.unit.builders import always, make_client, wib

AT = wib("17:00")
CLIENT = make_client()
WORD = "Kegiatan"
captions = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("*_~`@\n\r\u2028 >-"))


def task_post(**fields: Any) -> TaskPost:
    values: dict[str, Any] = {
        "platform": "instagram",
        "content_id": "C8c2MRqtPfS",
        "caption": WORD,
        "posted_at": wib("08:05"),
        "like_count": 12345,
        "comment_count": 7,
    }
    return TaskPost(**(values | fields))


def change(**fields: Any) -> Change:
    values: dict[str, Any] = {
        "platform": "instagram",
        "content_id": "C8c2MRqtPfS",
        "kind": "new",
        "caption": WORD,
        "posted_at": wib("08:05"),
    }
    return Change(**(values | fields))


def list_of(*posts: TaskPost, changes: Sequence[Change] = ()) -> str:
    mine = [post for post in posts if post.platform == "instagram"]
    others = [post for post in posts if post.platform == "tiktok"]
    return texts.task_list(CLIENT, AT, {"instagram": mine, "tiktok": others}, changes)


def report(**fields: Any) -> SlotReport:
    values: dict[str, Any] = {
        "at": AT,
        "clients": 1234,
        "done": 1230,
        "failed": 4,
        "posts_new": 12,
        "posts_removed": 1,
        "api_requests": 10500,
        "seconds": 61.6,
        "messages": 1100,
        "errors": {},
    }
    return SlotReport(**(values | fields))


def markup(text: str) -> list[str]:
    """The characters that WhatsApp reads as markup; inside a word `_` is none of them."""
    return re.findall(r"[*_~`]", re.sub(r"(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])", "", text))


def assert_same_frame(text: str, harmless: str) -> None:
    """The text has the lines and the markup of the harmless one, and tags nobody."""
    assert len(text.splitlines()) == len(harmless.splitlines())
    assert markup(text) == markup(harmless)
    assert not re.search(r"@\w", text)


@always
@given(captions)
def test_a_caption_in_a_task_list_cannot_break_markup_nor_tag(caption: str) -> None:
    late = change(kind="late", caption=caption)
    text = list_of(task_post(caption=caption), changes=[late])
    assert_same_frame(text, list_of(task_post(), changes=[change(kind="late")]))


@always
@given(captions)
def test_a_caption_in_a_change_cannot_break_markup_nor_tag(caption: str) -> None:
    text = texts.changes(CLIENT, AT, [change(caption=caption)])
    assert_same_frame(text, texts.changes(CLIENT, AT, [change()]))


@always
@given(captions)
def test_a_clients_name_cannot_break_markup_nor_tag(name: str) -> None:
    text = texts.task_list(make_client(name=name), AT, {}, [])
    assert_same_frame(text, texts.task_list(make_client(name="X"), AT, {}, []))


def test_what_is_left_of_a_caption_stays_readable() -> None:
    assert texts.plain("*Siaga* _1_\n\n~x~ `y`\tSALAM  @kapolri") == (
        "Siaga 1 x y SALAM @\u2060kapolri"
    )


def test_handles_keep_their_underscores() -> None:
    assert texts.plain("bersama @polres_teladan _hari ini_") == (
        "bersama @\u2060polres_teladan hari ini"
    )


@pytest.mark.parametrize("length", [1, 90])
def test_a_short_caption_is_whole(length: int) -> None:
    assert f"   {'x' * length}\n" in list_of(task_post(caption="x" * length))


def test_a_long_caption_is_cut() -> None:
    [line] = [x for x in list_of(task_post(caption="kata " * 500)).splitlines() if "kata" in x]
    assert line.endswith("kata…")
    assert len(line.strip()) <= 90
    told = texts.changes(CLIENT, AT, [change(caption="x" * 500)]).splitlines()[-1]
    assert told.endswith(f" {'x' * 49}…")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1.000"),
        (12345, "12.345"),
        (1234567, "1.234.567"),
    ],
)
def test_a_count_is_written_the_indonesian_way(value: int | None, shown: str) -> None:
    assert texts.number(value) == shown


def test_a_moment_is_written_in_wib() -> None:
    assert texts.clock(AT) == "17:00 WIB, 20-02-2026"


def test_a_task_list_says_whose_it_is_and_of_when() -> None:
    assert list_of(task_post()).splitlines()[:3] == [
        "*DAFTAR TUGAS LIKES & KOMENTAR*",
        "*Polres X*",
        "Data per 17:00 WIB, 20-02-2026",
    ]


def test_a_task_list_shows_each_post_with_link_time_and_counts() -> None:
    text = list_of(
        task_post(),
        task_post(content_id="C9", like_count=None, comment_count=None, manual=True),
        task_post(platform="tiktok", content_id="7513", caption="Video", like_count=0),
    )
    assert (
        "\n*Instagram* (2 konten)\n"
        "1. https://www.instagram.com/p/C8c2MRqtPfS/\n"
        "   Kegiatan\n"
        "   08:05 WIB | 12.345 suka, 7 komentar\n"
        "2. https://www.instagram.com/p/C9/ (input manual)\n"
        "   Kegiatan\n"
        "   08:05 WIB | - suka, - komentar\n"
    ) in text
    assert text.endswith(
        "\n*TikTok* (1 konten)\n"
        "1. https://www.tiktok.com/@polresx/video/7513\n"
        "   Video\n"
        "   08:05 WIB | 0 suka, 7 komentar"
    )


def test_a_day_without_posts_says_so_on_each_platform_and_thanks() -> None:
    text = list_of()
    assert "*Instagram* (0 konten)\nTidak ada konten hari ini." in text
    assert "*TikTok* (0 konten)\nTidak ada konten hari ini." in text
    assert text.splitlines()[-1].startswith("Belum ada tugas hari ini.")


def test_one_platform_without_posts_does_not_say_that_there_is_no_task() -> None:
    text = list_of(task_post())
    assert "*TikTok* (0 konten)\nTidak ada konten hari ini." in text
    assert "Belum ada tugas" not in text


def test_a_platform_that_is_off_is_not_mentioned() -> None:
    client = make_client(tiktok=None)
    assert "TikTok" not in texts.task_list(client, AT, {"instagram": [task_post()]}, [])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("new", "• Baru [Instagram] "),
        ("late", "• Terlambat masuk (kemarin) [Instagram] "),
        ("removed", "• Dihapus [Instagram] "),
    ],
)
def test_each_kind_of_change_has_its_line_in_lists_and_change_messages(
    kind: str, words: str
) -> None:
    line = f"{words}https://www.instagram.com/p/C8c2MRqtPfS/ Kegiatan"
    told = [change(kind=kind)]
    assert texts.changes(CLIENT, AT, told).splitlines()[-1] == line
    assert f"\n*Perubahan:*\n{line}\n" in list_of(task_post(), changes=told)


def test_a_list_without_changes_does_not_mention_any() -> None:
    assert "Perubahan" not in list_of(task_post())


def test_a_change_message_tells_every_change_in_order() -> None:
    told = [change(content_id=f"C{n}") for n in range(3)]
    lines = texts.changes(CLIENT, AT, told).splitlines()
    assert lines[:3] == ["*PERUBAHAN KONTEN*", "*Polres X*", "Data per 17:00 WIB, 20-02-2026"]
    assert [re.findall(r"/p/(\w+)/", line) for line in lines[4:]] == [["C0"], ["C1"], ["C2"]]


def test_a_link_works_with_and_without_a_handle() -> None:
    nameless = make_client(tiktok=None)
    assert texts.link(CLIENT, "instagram", "C1") == "https://www.instagram.com/p/C1/"
    assert texts.link(CLIENT, "tiktok", "7") == "https://www.tiktok.com/@polresx/video/7"
    assert texts.link(nameless, "tiktok", "7") == "https://www.tiktok.com/@i/video/7"


def test_a_report_has_the_slot_in_numbers() -> None:
    assert texts.slot_report(report()) == (
        "*LAPORAN SLOT 17:00 WIB, 20-02-2026*\n"
        "Klien: 1.230 selesai, 4 bermasalah, dari 1.234\n"
        "Konten: 12 baru, 1 hilang\n"
        "Pesan: 1.100 | Permintaan API: 10.500 | 62 detik"
    )


def test_a_report_groups_errors_by_kind_and_not_by_client() -> None:
    text = texts.slot_report(report(errors={"quota": ["A", "B"], "upstream": ["C"]}))
    assert text.endswith("\n\n*Bermasalah:*\n• kuota API habis: A, B\n• API sedang terganggu: C")


def test_a_report_shows_what_was_held_as_an_anomaly() -> None:
    text = texts.slot_report(report(held=["A (5)", "B (3)"]))
    assert text.endswith("*Anomali sinkronisasi, tidak dihapus:* A (5), B (3)")


def kinds(error: type[errors.ApiError]) -> Iterator[str]:
    yield error.kind
    for narrower in error.__subclasses__():
        yield from kinds(narrower)


@pytest.mark.parametrize(
    "kind", sorted({*kinds(errors.ApiError), "dead_letter", "expired", "overdue"})
)
def test_every_kind_of_error_has_its_words(kind: str) -> None:
    assert f"• {kind}:" not in texts.slot_report(report(errors={kind: ["A"]}))


def test_an_error_kind_without_words_is_shown_as_it_is() -> None:
    assert "• brand_new: A" in texts.slot_report(report(errors={"brand_new": ["A"]}))


def test_results_are_grouped_under_the_kind_of_error_they_met() -> None:
    results: list[dict[str, Any]] = [
        {"client_id": "A", "outcome": "failed", "error_kind": "upstream"},
        {"client_id": "B", "outcome": "done", "error_kind": None},
        {"client_id": "C", "outcome": "expired", "error_kind": "expired"},
        {"client_id": "D", "outcome": "failed", "error_kind": "upstream"},
        {"client_id": "E", "outcome": None, "error_kind": None},
    ]
    assert texts.errors_by_kind(results) == {
        "expired": ["C"],
        "overdue": ["E"],
        "upstream": ["A", "D"],
    }


def test_missed_slots_are_listed() -> None:
    text = texts.missed_slots([wib("08:00"), wib("08:30")])
    assert text == ("*SLOT TERLEWAT*\n• 08:00 WIB, 20-02-2026\n• 08:30 WIB, 20-02-2026")
