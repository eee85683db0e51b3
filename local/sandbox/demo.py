"""The demo day: six invented units of one province. All times are WIB.

Between the slots 16:30, 17:00, 20:58 and 21:30
- 16:45 polres.contoh and 16:50 polres_melati post, so both posts are told at 17:00
- 16:50 ditbinmas.contoh deletes its post of 13:20: missing at 17:00, confirmed at 20:58
- 18:05 to 20:40 five units post; these posts are told at 20:58
- 21:05 polres_melati posts, after its last slot: told the next day as late
- 21:10 ditlantas.contoh posts: it is a direktorat, so the post is still told at 21:30
- likes and comments of the afternoon's posts grow; the morning's are settled
All day
- polres.teladan and polres.contoh share the collaboration post of 15:30
- polres.melati has no Instagram; Instagram does not find polres.anggrek, whose TikTok works
- an operator has given DITLANTAS, by hand, yesterday's post of an outside account
Yesterday polres.contoh posted at 22:15, after its last slot.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from local.sandbox import ids
from local.sandbox.demo_clients import ACCOUNTS, HEADQUARTERS
from local.sandbox.world import Account, Media, Platform, Post

HISTORY_DAYS = 40  # one post a day, so that a feed has more than one page
SETTLED = timedelta(minutes=15)
GROWING = timedelta(minutes=100)
MANUAL_CLIENT_ID = "DITLANTAS"


@dataclass(frozen=True)
class Planned:
    """A post of the day: its time as HH:MM, and how many likes and comments it gets in the end."""

    owner: str
    clock: str
    caption: str | None
    likes: int
    comments: int
    kind: Media = "photo"


INSTAGRAM = (
    Planned("polres.contoh", "07:30", "Apel pagi, siap melayani 👮‍♀️🇮🇩 #PolriPresisi", 180, 24),
    Planned(
        "polres.contoh",
        "10:15",
        "Jumat Curhat bersama warga, @ditbinmas.contoh 🤝",
        215,
        31,
        "album",
    ),
    Planned("polres.contoh", "14:40", "Patroli sore di jalur wisata 🚓💨", 140, 18, "video"),
    Planned(
        "polres.contoh", "16:45", "Info lalu lintas: arus padat, tetap sabar 🚦", 120, 15, "video"
    ),
    Planned("polres.contoh", "18:30", None, 64, 6),
    Planned("polres.teladan", "08:20", "Bakti sosial donor darah 🩸", 96, 12),
    Planned("ditlantas.contoh", "06:45", "Tertib helm, sayang keluarga 🏍️", 260, 44),
    Planned(
        "ditlantas.contoh",
        "12:30",
        "Ops simpatik hari ketiga, terima kasih @polres.contoh",
        230,
        28,
        "video",
    ),
    Planned("ditlantas.contoh", "21:10", "Pengamanan malam, pulang selamat 🌙", 80, 9),
    Planned(
        "ditbinmas.contoh", "08:00", "Sambang desa bersama Bhabinkamtibmas 🏡", 110, 16, "album"
    ),
    Planned("ditbinmas.contoh", "16:10", "Penyuluhan anti narkoba di sekolah 📚", 130, 20),
    Planned("ditbinmas.contoh", "20:40", "Ronda malam, kampung aman 🔦", 70, 8),
)
TIKTOK = (
    Planned("polres_contoh", "09:05", "Di balik layar apel pagi 😄", 150, 62, "video"),
    Planned("polres_contoh", "16:20", "Cara lapor lewat 110 ☎️ @polres_teladan", 210, 118, "video"),
    Planned("polres_contoh", "19:40", "Patroli malam dimulai 🌃", 90, 41, "video"),
    Planned("polres_teladan", "13:45", "Donor darah, satu kantong satu nyawa 🩸", 120, 57, "video"),
    Planned("polres_teladan", "20:10", "Terima kasih warga Teladan 🙏", 75, 22, "video"),
    Planned("ditlantas_contoh", "15:50", "Tips aman berkendara saat hujan ☔", 320, 124, "video"),
    Planned("ditbinmas_contoh", "10:30", "Yel-yel Binmas 💪", 140, 48, "video"),
    Planned("polres_melati", "07:50", "Selamat pagi dari Melati 🌼", 85, 33, "video"),
    Planned("polres_melati", "16:50", "Sore-sore bagi takjil 🥤", 95, 39, "video"),
    Planned("polres_melati", "21:05", "Laporan malam aman terkendali ✅", 60, 14, "video"),
    Planned("polres_anggrek", "11:25", "Anggrek peduli lingkungan 🌱", 70, 26, "video"),
    Planned("polres_anggrek", "18:05", "Gotong royong bersih sungai 🏞️", 66, 21, "video"),
)


def posts(midnight: datetime) -> list[Post]:
    """Every post of the day that begins at this (aware, WIB) midnight, and of the days before."""
    return [
        *(_post(midnight, "instagram", planned) for planned in INSTAGRAM),
        *(_post(midnight, "tiktok", planned) for planned in TIKTOK),
        *_special(midnight),
        *(post for account in ACCOUNTS for post in _history(midnight, account)),
    ]


def manual_post(midnight: datetime) -> Post:
    """Yesterday evening's post of an outside account, which the operator gave DITLANTAS."""
    return Post(
        "instagram",
        HEADQUARTERS,
        midnight - timedelta(hours=4),
        "Himbauan cuaca ekstrem, tetap waspada ⛈️ @ditlantas.contoh",
        _audience("instagram", "ditlantas.contoh"),
        likes=155,
        comments=19,
        settles=timedelta(hours=12),
        in_feed=False,
    )


def _special(midnight: datetime) -> list[Post]:
    """The posts that are special in some way."""

    def post(owner: str, at: timedelta, caption: str, likes: int, **more: Any) -> Post:
        audience = _audience("instagram", owner)
        return Post("instagram", owner, midnight + at, caption, audience, likes, 12, **more)

    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    return [
        post(
            "polres.teladan",
            15.5 * hour,
            "Patroli gabungan dua wilayah bersama @polres.contoh 🤝🚔",
            240,
            kind="album",
            coauthors=("polres.contoh",),
            settles=GROWING,
        ),
        post("polres.teladan", 11 * hour, "Jumlah suka disembunyikan 🙈", 88, counts_hidden=True),
        post(
            "ditbinmas.contoh",
            13 * hour + 20 * minute,
            "Salah unggah, segera dihapus",
            40,
            deleted_at=midnight + 16 * hour + 50 * minute,
        ),
        post("polres.contoh", -105 * minute, "Kring Serse malam 🌌", 75, settles=SETTLED),
        post("polres.contoh", -40 * 24 * hour, "Layanan 110 bebas pulsa 📌", 300, pinned=True),
        Post(
            "tiktok",
            "ditbinmas_contoh",
            midnight - 60 * 24 * hour,
            "Kenalan dengan Binmas 📌",
            _audience("tiktok", "ditbinmas_contoh"),
            likes=500,
            comments=180,
            pinned=True,
        ),
    ]


def _post(midnight: datetime, platform: Platform, planned: Planned) -> Post:
    posted_at, settles = _moment(midnight, planned.clock)
    return Post(
        platform,
        planned.owner,
        posted_at,
        planned.caption,
        _audience(platform, planned.owner),
        planned.likes,
        planned.comments,
        planned.kind,
        settles=settles,
        repeat_every=7 if platform == "tiktok" else 0,
    )


def _moment(midnight: datetime, clock: str) -> tuple[datetime, timedelta]:
    """When it is posted, and how fast people engage: the morning's posts are settled by 16:30."""
    at = time.fromisoformat(clock)
    posted_at = midnight + timedelta(hours=at.hour, minutes=at.minute)
    return posted_at, SETTLED if at < time(13) else GROWING


def _history(midnight: datetime, account: Account) -> list[Post]:
    """One post on each earlier day, in the morning; one has a number as its caption."""
    minutes = ids.number(account.username, 7)
    return [
        Post(
            account.platform,
            account.username,
            midnight - timedelta(days=ago) + timedelta(hours=9, minutes=minutes),
            2026 if ago == 5 else f"Kegiatan harian, catatan ke-{ago} 📷",
            _audience(account.platform, account.username),
            likes=50 + ago,
            comments=10,
        )
        for ago in range(1, HISTORY_DAYS + 1)
    ]


def _audience(platform: Platform, owner: str) -> str:
    """The people of the unit: the same ones engage with all its posts of a platform."""
    return f"{owner}." if platform == "instagram" else f"{owner}_"
