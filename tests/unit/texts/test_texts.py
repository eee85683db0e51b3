"""Message texts: what they say, and that nothing in them can be broken from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import texts
from chalicelib.platforms import Platform
from chalicelib.posts import verdicts
from chalicelib.social import errors
from chalicelib.tasks import Task
from chalicelib.texts import Change, ClientLine, FeedRead, SlotReport
from tests.unit.builders import always, make_client, wib

AT = wib("17:00")
CLIENT = make_client()
WORD = "Kegiatan"
captions = st.text(st.characters() | st.sampled_from("*_~`@\n\r\u2028\u200b\u202e >-1."))


def task_post(**fields: Any) -> Task:
    values: dict[str, Any] = {
        "platform": "instagram",
        "content_id": "C8c2MRqtPfS",
        "caption": WORD,
        "posted_at": wib("08:05"),
        "like_count": 12345,
        "comment_count": 7,
    }
    return Task(**(values | fields))


def change(**fields: Any) -> Change:
    values: dict[str, Any] = {
        "change_id": 1,
        "platform": "instagram",
        "content_id": "C8c2MRqtPfS",
        "kind": "new",
        "caption": WORD,
        "posted_at": wib("08:05"),
    }
    return Change(**(values | fields))


def list_of(*posts: Task, changes: Sequence[Change] = ()) -> str:
    mine = [post for post in posts if post.platform == "instagram"]
    others = [post for post in posts if post.platform == "tiktok"]
    return whole(texts.task_list(CLIENT, AT, {"instagram": mine, "tiktok": others}, changes))


def changes_of(*told: Change) -> str:
    return whole(texts.changes(CLIENT, AT, told))


def whole(parts: Sequence[texts.Part]) -> str:
    """The text of a message that fits."""
    [part] = parts
    return part.text


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
    }
    return SlotReport(**(values | fields))


def report_of(**fields: Any) -> str:
    return whole(texts.slot_report(report(**fields)))


def markup(text: str) -> list[str]:
    """The characters that WhatsApp reads as markup; inside a word `_` is none of them."""
    return re.findall(r"[*_~`]", re.sub(r"(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])", "", text))


def line_starts(text: str) -> list[str]:
    """How each line begins, where WhatsApp would see a list or a quotation."""
    return [re.match(r"\s*(>|[-*] |\d+\. |)", line)[0] for line in text.splitlines()]  # type: ignore[index]


def assert_same_frame(text: str, harmless: str) -> None:
    """The text has the lines and the markup of the harmless one, and tags nobody."""
    assert line_starts(text) == line_starts(harmless)
    assert markup(text) == markup(harmless)
    assert not re.search(r"@\w", text)
    text.encode("utf-8")


@always
@given(captions)
def test_a_caption_in_a_task_list_cannot_break_markup_nor_tag(caption: str) -> None:
    late = change(kind="late", caption=caption)
    text = list_of(task_post(caption=caption), changes=[late])
    assert_same_frame(text, list_of(task_post(), changes=[change(kind="late")]))


@always
@given(captions)
def test_a_caption_in_a_change_cannot_break_markup_nor_tag(caption: str) -> None:
    assert_same_frame(changes_of(change(caption=caption)), changes_of(change()))


@always
@given(captions)
def test_a_clients_name_cannot_break_markup_nor_tag(name: str) -> None:
    text = whole(texts.task_list(make_client(name=name), AT, {}, []))
    assert_same_frame(text, whole(texts.task_list(make_client(name="X"), AT, {}, [])))


@always
@given(captions, captions)
def test_a_report_of_amplification_cannot_break_markup_nor_tag(name: str, link: str) -> None:
    def told(name: str, link: str) -> str:
        return changes_of(change(kind="link", detail={"name": name, "links": [link]}))

    assert_same_frame(told(name, link), told("X", "https://x.com/a"))


@always
@given(captions)
def test_a_client_id_cannot_break_the_operators_texts(client_id: str) -> None:
    def told(client_id: str) -> str:
        line = ClientLine(client_id, 1, 1, 1, 1, 1, 1.0)
        named = {"errors": {"quota": [client_id]}, "held": {client_id: 1}, "empty": [client_id]}
        return report_of(**named, clients_in_detail=[line])

    assert_same_frame(told(client_id), told("X"))


def test_a_long_caption_is_cut() -> None:
    [line] = [x for x in list_of(task_post(caption="kata " * 500)).splitlines() if "kata" in x]
    assert line.endswith("kata…”")
    assert len(line.strip()) <= 92
    told = changes_of(change(caption="x" * 500)).splitlines()[-1]
    assert told == f"   “{'x' * 49}…” | 08:05 WIB"


def test_a_task_list_says_whose_it_is_and_of_when() -> None:
    assert list_of(task_post()).splitlines()[:4] == [
        "*DAFTAR TUGAS LIKES & KOMENTAR*",
        "*Polres X*",
        "Data per 17:00 WIB, 20-02-2026",
        "Konten: Instagram 1, TikTok 0",
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
        "   “Kegiatan”\n"
        "   08:05 WIB | 12.345 suka, 7 komentar\n"
        "2. https://www.instagram.com/p/C9/ (input manual)\n"
        "   “Kegiatan”\n"
        "   08:05 WIB | - suka, - komentar\n"
    ) in text
    assert text.endswith(
        "\n*TikTok* (1 konten)\n"
        "1. https://www.tiktok.com/@polresx/video/7513\n"
        "   “Video”\n"
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
    client = make_client(handles={"instagram": "polresx"})
    text = whole(texts.task_list(client, AT, {"instagram": [task_post()]}, []))
    assert "TikTok" not in text


@pytest.mark.parametrize(
    ("kind", "words", "uploaded"),
    [
        ("new", "• Baru [Instagram] ", "08:05 WIB"),
        ("late", "• Terlambat masuk (kemarin) [Instagram] ", "08:05 WIB, 20-02-2026"),
        ("removed", "• Dihapus [Instagram] ", "08:05 WIB"),
        ("held", "• Tampak hilang, belum dihapus [Instagram] ", "08:05 WIB"),
    ],
)
def test_each_kind_of_change_has_its_words_in_lists_and_change_messages(
    kind: str, words: str, uploaded: str
) -> None:
    lines = f"{words}https://www.instagram.com/p/C8c2MRqtPfS/\n   “Kegiatan” | {uploaded}"
    told = [change(kind=kind)]
    assert lines in changes_of(*told)
    assert lines in list_of(task_post(), changes=told)


def test_posts_that_are_held_are_called_an_anomaly_and_not_removed() -> None:
    text = changes_of(change(kind="held"))
    assert "anomali sinkronisasi" in text
    assert "• Dihapus" not in text
    assert "anomali" not in changes_of(change(kind="removed"))


def test_new_amplification_links_are_told_with_who_sent_them() -> None:
    links = ["https://x.com/a", "bukan tautan", "https://x.com/b"]
    text = changes_of(change(kind="link", detail={"name": "Bripka *B*", "links": links}))
    assert text.startswith("*TAUTAN AMPLIFIKASI BARU*\n")
    assert text.endswith(
        "• Amplifikasi dari Bripka B [Instagram] https://www.instagram.com/p/C8c2MRqtPfS/\n"
        "   https://x.com/a\n   https://x.com/b"
    )


def test_a_report_of_amplification_without_a_usable_link_says_so() -> None:
    text = changes_of(change(kind="link", detail={"name": "", "links": ["sudah"]}))
    assert text.endswith("\n   (tanpa tautan yang dapat dibuka)")


def test_a_list_without_changes_does_not_mention_any() -> None:
    assert "Perubahan" not in list_of(task_post())


def test_a_change_message_counts_and_tells_every_change_in_order() -> None:
    told = [change(content_id=f"C{n}") for n in range(3)] + [change(kind="removed")]
    lines = changes_of(*told).splitlines()
    assert lines[:3] == ["*PERUBAHAN KONTEN*", "*Polres X*", "Data per 17:00 WIB, 20-02-2026"]
    assert lines[4] == "*Perubahan:* 3 baru, 1 dihapus"
    codes = re.findall(r"/p/(\w+)/", "\n".join(lines))
    assert codes == ["C0", "C1", "C2", "C8c2MRqtPfS"]


def test_a_long_list_is_split_and_each_part_names_the_changes_it_shows() -> None:
    told = [change(change_id=n, content_id=f"N{n}x") for n in range(30)]
    posts = [task_post(content_id=f"P{n}x") for n in range(40)]
    parts = texts.task_list(CLIENT, AT, {"instagram": posts}, told, longest=1000)
    assert [i for part in parts for i in part.changes] == list(range(30))
    for part in parts:
        assert re.findall(r"/p/N(\d+)x/", part.text) == [str(i) for i in part.changes]
    shown = [code for part in parts for code in re.findall(r"/p/(P\d+)x/", part.text)]
    assert shown == [f"P{n}" for n in range(40)]


def test_a_report_has_the_slot_in_numbers() -> None:
    assert report_of() == (
        "*LAPORAN SLOT 17:00 WIB, 20-02-2026*\n"
        "Klien: 1.230 selesai, 4 bermasalah, dari 1.234\n"
        "Konten: 12 baru, 1 hilang\n"
        "Pesan: 1.100 | Permintaan API: 10.500 | 62 detik"
    )


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"due": 1234, "unread": 0}, "Konten: 12 baru, 1 hilang"),
        ({"due": 1234, "unread": 3}, "Konten: 12 baru, 1 hilang; 3 klien tidak terbaca lengkap"),
        ({"due": 0, "posts_new": 0, "posts_removed": 0}, "Konten: tidak diambil pada slot ini"),
    ],
)
def test_a_report_says_of_whom_its_numbers_of_posts_do_not_speak(
    fields: dict[str, Any], line: str
) -> None:
    assert report_of(**fields).splitlines()[2] == line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "• A: 5 konten (1 baru, 0 hilang), 320 nama, 14 permintaan, 2 detik"),
        ({"posts": None}, "• A: konten tidak dapat dibaca, 320 nama, 14 permintaan, 2 detik"),
        (
            {"posts": None, "due": False, "users": None},
            "• A: konten tidak diambil, nama tidak dibaca, 14 permintaan, 2 detik",
        ),
        (
            {"troubles": ["quota", "unreadable"]},
            "• A: 5 konten (1 baru, 0 hilang), 320 nama, 14 permintaan, 2 detik"
            " | kuota API habis, sebagian isi akun tidak dapat dibaca",
        ),
    ],
)
def test_a_clients_line_says_no_more_than_was_read(fields: dict[str, Any], line: str) -> None:
    values: dict[str, Any] = {"posts": 5, "new": 1, "removed": 0, "users": 320}
    one = ClientLine("A", api_requests=14, seconds=2.4, **(values | fields))
    assert report_of(clients_in_detail=[one]).splitlines()[-1] == line


def test_a_report_groups_errors_by_kind_and_not_by_client() -> None:
    text = report_of(errors={"quota": ["A", "B"], "upstream": ["C"]})
    assert text.endswith("\n\n*Bermasalah:*\n• kuota API habis: A, B\n• API sedang terganggu: C")


def test_a_report_shows_what_was_held_and_which_accounts_are_empty() -> None:
    text = report_of(held={"A": 5, "B": 3}, empty=["C (TikTok)"])
    assert "*Anomali sinkronisasi, tidak dihapus:*\n• tampak hilang: A (5), B (3)\n" in text
    assert text.endswith("*Akun kosong:*\n• pernah berisi, sekarang tidak: C (TikTok)")


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"failed": 0}, False),
        ({"failed": 1}, True),
        ({"failed": 0, "held": {"A": 3}}, True),
        ({"failed": 0, "empty": ["A (TikTok)"]}, True),
    ],
)
def test_a_report_knows_whether_there_is_trouble(fields: dict[str, Any], trouble: bool) -> None:
    assert report(**fields).trouble is trouble


def test_no_client_is_cut_off_a_long_report() -> None:
    clients = [f"CLIENT_{n:04}" for n in range(1500)]
    parts = texts.slot_report(report(errors={"upstream": clients}), longest=1000)
    assert re.findall(r"CLIENT_\d+", "".join(part.text for part in parts)) == clients


def kinds(error: type[errors.ApiError]) -> Iterator[str]:
    yield error.kind
    for narrower in error.__subclasses__():
        yield from kinds(narrower)


@pytest.mark.parametrize(
    "kind",
    sorted(
        {
            *kinds(errors.ApiError),
            *get_args(verdicts.Cut),
            *("dead_letter", "empty", "expired", "overdue", "unreadable"),
        }
    ),
)
def test_every_kind_of_error_has_its_words(kind: str) -> None:
    assert f"• {kind}:" not in report_of(errors={kind: ["A"]})


def test_an_error_kind_without_words_is_shown_as_it_is() -> None:
    assert "• brand_new: A" in report_of(errors={"brand_new": ["A"]})


# --- what is known of a platform ------------------------------------------------------------

READ, EARLIER = wib("17:00"), wib("16:30")


def list_read(
    verdict: str | None, read_at: datetime | None, *posts: Task, other: FeedRead | None = None
) -> str:
    """A list whose TikTok was read so, and whose Instagram like `other`, or well."""
    mine: dict[Platform, list[Task]] = {"tiktok": list(posts)}
    feeds: dict[Platform, FeedRead] = {"tiktok": FeedRead(verdict, read_at)}
    feeds["instagram"] = other or FeedRead("complete", READ)
    return whole(texts.task_list(CLIENT, AT, mine, [], feeds=feeds))


VIDEO = task_post(platform="tiktok", content_id="7513")


@pytest.mark.parametrize(
    ("verdict", "read_at", "counted", "note"),
    [
        ("complete", READ, "TikTok 0", "Tidak ada konten hari ini."),
        (
            "error",
            EARLIER,
            "TikTok 0 (per 16:30 WIB)",
            "Tidak dapat dibaca pukul 17:00 WIB; sampai 16:30 WIB belum ada konten.",
        ),
        (
            "error",
            None,
            "TikTok belum terbaca",
            "Tidak dapat dibaca pukul 17:00 WIB; belum pernah terbaca hari ini.",
        ),
        (
            "partial",
            EARLIER,
            "TikTok belum terbaca lengkap",
            "Hanya terbaca sebagian pukul 17:00 WIB; sampai 16:30 WIB belum ada konten.",
        ),
        (
            "partial",
            None,
            "TikTok belum terbaca lengkap",
            "Hanya terbaca sebagian pukul 17:00 WIB; belum pernah terbaca lengkap hari ini.",
        ),
        (
            "empty",
            None,
            "TikTok belum terbaca",
            "Akun tampak kosong pukul 17:00 WIB; belum pernah terbaca hari ini.",
        ),
        (None, EARLIER, "TikTok 0 (per 16:30 WIB)", "Sampai 16:30 WIB belum ada konten."),
        (None, None, "TikTok belum terbaca", "Belum pernah terbaca hari ini."),
    ],
)
def test_a_platform_without_known_posts_is_called_empty_only_where_it_was_read(
    verdict: str | None, read_at: datetime | None, counted: str, note: str
) -> None:
    text = list_read(verdict, read_at)
    title = "*TikTok* (0 konten)" if verdict == "complete" else "*TikTok*"
    assert f"\nKonten: Instagram 0, {counted}\n" in text
    assert f"\n{title}\n{note}" in text
    assert ("Belum ada tugas" in text) == (verdict == "complete")
    assert text.count("Tidak ada konten") == (2 if verdict == "complete" else 1)


@pytest.mark.parametrize(
    ("verdict", "read_at", "counted", "note"),
    [
        ("complete", READ, "TikTok 1", ""),
        (
            "error",
            EARLIER,
            "TikTok 1 (per 16:30 WIB)",
            "Tidak dapat dibaca pukul 17:00 WIB; data per 16:30 WIB.\n",
        ),
        (
            "error",
            None,
            "TikTok 1 (belum lengkap)",
            "Tidak dapat dibaca pukul 17:00 WIB; belum pernah terbaca lengkap hari ini.\n",
        ),
        (
            "partial",
            EARLIER,
            "TikTok 1 (belum lengkap)",
            "Hanya terbaca sebagian pukul 17:00 WIB; terakhir lengkap 16:30 WIB.\n",
        ),
        (
            "empty",
            EARLIER,
            "TikTok 1 (per 16:30 WIB)",
            "Akun tampak kosong pukul 17:00 WIB; data per 16:30 WIB.\n",
        ),
    ],
)
def test_known_posts_stay_listed_with_the_age_of_what_is_known(
    verdict: str | None, read_at: datetime | None, counted: str, note: str
) -> None:
    text = list_read(verdict, read_at, VIDEO)
    assert f"\nKonten: Instagram 0, {counted}\n" in text
    assert f"\n*TikTok* (1 konten)\n{note}1. https://www.tiktok.com/" in text


@pytest.mark.parametrize(
    ("instagram", "tiktok", "lines"),
    [
        (FeedRead("complete", READ), FeedRead("complete", READ), ["Data per 17:00 WIB"]),
        (FeedRead(None, EARLIER), FeedRead(None, EARLIER), ["Data per 16:30 WIB"]),
        (
            FeedRead(None, EARLIER),
            FeedRead(None, wib("16:00")),
            ["Data per 16:30 WIB", "TikTok: data per 16:00 WIB."],
        ),
        (
            FeedRead("complete", READ),
            FeedRead("error", EARLIER),
            [
                "Data per 17:00 WIB",
                "TikTok: tidak dapat dibaca pukul 17:00 WIB; data per 16:30 WIB.",
            ],
        ),
        (
            FeedRead("error", EARLIER),
            FeedRead("partial", EARLIER),
            [
                "Data per 16:30 WIB",
                "Instagram: tidak dapat dibaca pukul 17:00 WIB; data per 16:30 WIB.",
                "TikTok: hanya terbaca sebagian pukul 17:00 WIB; terakhir lengkap 16:30 WIB.",
            ],
        ),
        (
            FeedRead("partial", None),
            FeedRead("error", None),
            [
                "Data per 17:00 WIB",
                "Instagram: hanya terbaca sebagian pukul 17:00 WIB; "
                "belum pernah terbaca lengkap hari ini.",
                "TikTok: tidak dapat dibaca pukul 17:00 WIB; "
                "belum pernah terbaca lengkap hari ini.",
            ],
        ),
        (FeedRead("error", None), FeedRead("error", None), ["Data hari ini belum terbaca"]),
    ],
)
def test_changes_say_how_old_what_is_known_is(
    instagram: FeedRead, tiktok: FeedRead, lines: Sequence[str]
) -> None:
    feeds: dict[Platform, FeedRead] = {"instagram": instagram, "tiktok": tiktok}
    text = whole(texts.changes(CLIENT, AT, [change()], feeds=feeds)).splitlines()
    head = text[2 : text.index("")]
    assert head[0].startswith(lines[0])
    assert head[1:][: len(lines) - 1] == lines[1:]


def test_amplification_links_are_known_whatever_the_feeds_are() -> None:
    feeds: dict[Platform, FeedRead] = {"tiktok": FeedRead("error", None)}
    detail = {"name": "Bripka", "links": ["https://x.com/a"]}
    told = [change(kind="link", detail=detail)]
    text = whole(texts.changes(CLIENT, AT, told, feeds=feeds))
    assert text.splitlines()[2:4] == ["Data per 17:00 WIB, 20-02-2026", ""]
