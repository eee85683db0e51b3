"""The operators' report of one closed slot, and the words for each kind of error. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import (
    CUT_OFF,
    format_number,
    format_time,
    post_link,
    sanitise,
    truncate,
)

_IDS_PER_LINE = 12
_ID_LENGTH = 44

_KINDS = {
    "account_refused": "API menolak membuka akun atau konten ini",
    "api": "kesalahan API",
    "api_configuration": "kunci atau langganan API bermasalah",
    "budget": "anggaran permintaan API hari ini habis",
    "business": "API menolak (akun privat atau dibatasi)",
    "capped": "akun terlalu panjang, tidak terbaca sampai akhir",
    "dead_letter": "gagal berulang kali, dihentikan",
    "empty": "akun tampak kosong, padahal pernah berisi",
    "expired": "terlambat, diambil alih slot berikutnya",
    "looped": "halaman akun berulang, tidak terbaca sampai akhir",
    "malformed": "jawaban API tidak dapat dibaca",
    "no_time": "waktu habis sebelum akun selesai dibaca",
    "not_found": "akun atau konten tidak ditemukan",
    "overdue": "belum selesai saat slot ditutup",
    "quota": "kuota API habis",
    "rate_limit": "API membatasi kecepatan",
    "unforeseen": "kesalahan tak terduga saat membaca API",
    "unreadable": "sebagian isi akun tidak dapat dibaca",
    "upstream": "API sedang terganggu",
}


_ENDINGS = {**CUT_OFF, "end": "belum lengkap"}


def kind_in_words(kind: str) -> str:
    """What operators read for an error kind; the kind itself if it has no words."""
    return _KINDS.get(kind, sanitise(kind))


@dataclass(frozen=True)
class ClientLine:
    """The result of a slot for one client. `posts` is None if no feed was read: none was due, or,
    if `due`, none could be; `users` is None if nobody's names were read. `troubles` are error
    kinds, none if it is done."""

    client_id: str
    posts: int | None
    new: int
    removed: int
    users: int | None
    api_requests: int
    seconds: float
    troubles: Sequence[str] = ()
    due: bool = True


@dataclass(frozen=True)
class Uncovered:
    """A post whose list was not read to the end: `read` of `expected` likers or comments;
    `ended` is the coverage's."""

    client_id: str
    platform: Platform
    content_id: str
    read: int
    expected: int
    share: float
    ended: str


@dataclass(frozen=True)
class Shortage:
    """A platform's calls that will not last: the day's budget, which at what slots need `ends` in
    that slot, or the `month`'s calls, as expected at its end. `limit`: the calls of the budget, or
    of the month's plan."""

    platform: Platform
    limit: int
    ends: datetime | None = None
    month: int | None = None


@dataclass(frozen=True)
class SlotReport:
    """A closed slot in numbers.

    `errors`: error kind → the clients it hit. `held`: client → posts that look gone but were too
    many to believe. `empty`: accounts that had posts and now show none. `uncovered`: lists of which
    less than 95 % was read, by client. `shortages` are foretold. `due`: how many clients' feeds
    were to be read, None if nobody counted; `unread`: those of them that were not read to the end
    on every platform, so that `posts_new` and `posts_removed` do not cover them.
    `clients_in_detail` is for the level `verbose`.
    """

    at: datetime
    clients: int
    done: int
    failed: int
    posts_new: int
    posts_removed: int
    api_requests: int
    seconds: float
    messages: int
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    empty: Sequence[str] = ()
    uncovered: Sequence[Uncovered] = ()
    shortages: Sequence[Shortage] = ()
    due: int | None = None
    unread: int = 0
    clients_in_detail: Sequence[ClientLine] = ()

    @property
    def trouble(self) -> bool:
        """Whether there is anything that a person might have to look at."""
        lists = (self.errors, self.held, self.empty, self.uncovered, self.shortages)
        return bool(self.failed or any(lists))


def slot_report(report: SlotReport, longest: int = LONGEST) -> tuple[Part, ...]:
    """The report, errors grouped by kind; in several parts if it is long."""
    head = [
        f"Klien: {format_number(report.done)} selesai, {format_number(report.failed)} bermasalah, "
        f"dari {format_number(report.clients)}",
        _posts(report),
        f"Pesan: {format_number(report.messages)}"
        f" | Permintaan API: {format_number(report.api_requests)}"
        f" | {format_number(round(report.seconds))} detik",
    ]
    return split(f"LAPORAN SLOT {format_time(report.at)}", head, list(_sections(report)), longest)


def _posts(report: SlotReport) -> str:
    if report.due == 0 and not report.posts_new and not report.posts_removed:
        return "Konten: tidak diambil pada slot ini"
    new, removed = format_number(report.posts_new), format_number(report.posts_removed)
    line = f"Konten: {new} baru, {removed} hilang"
    if not report.unread:
        return line
    return f"{line}; {format_number(report.unread)} klien tidak terbaca lengkap"


def _sections(report: SlotReport) -> Iterator[Section]:
    if report.errors:
        errors = [i for kind, of in report.errors.items() for i in _row(kind_in_words(kind), of)]
        yield Section("*Bermasalah:*", errors)
    if report.held:
        held = [f"{client_id} ({format_number(count)})" for client_id, count in report.held.items()]
        yield Section("*Anomali sinkronisasi, tidak dihapus:*", _row("tampak hilang", held))
    if report.empty:
        yield Section("*Akun kosong:*", _row("pernah berisi, sekarang tidak", report.empty))
    if report.uncovered:
        title = "*Daftar belum terbaca penuh (di bawah 95%):*"
        yield Section(title, [_uncovered(post) for post in report.uncovered])
    if report.shortages:
        yield Section("*Perkiraan permintaan API:*", [_shortage(one) for one in report.shortages])
    if report.clients_in_detail:
        yield Section("*Per klien:*", [_client(line) for line in report.clients_in_detail])


def _row(lead: str, clients: Sequence[str]) -> list[Item]:
    """One line, or several if there are many clients, so that none is cut off."""
    ids = [truncate(sanitise(client), _ID_LENGTH) for client in clients]
    rows = [ids[n : n + _IDS_PER_LINE] for n in range(0, len(ids), _IDS_PER_LINE)]
    return [Item(f"• {lead}: {', '.join(row)}") for row in rows]


def _uncovered(post: Uncovered) -> Item:
    people = DESCRIPTIONS[post.platform].engagement.noun
    percent = int(100 * post.share)  # rounded down: 94.9 is below 95
    return Item(
        f"• {truncate(sanitise(post.client_id), _ID_LENGTH)}: {format_number(post.read)} dari "
        f"{format_number(post.expected)} {people} ({percent}%), "
        f"{_ENDINGS.get(post.ended, post.ended)}\n"
        f"  {post_link(post.platform, post.content_id)}"
    )


def _shortage(short: Shortage) -> Item:
    label, limit = DESCRIPTIONS[short.platform].label, format_number(short.limit)
    if short.ends is not None:
        told = f"anggaran hari ini ({limit}) habis sekitar {short.ends:%H:%M} bila tidak dihemat"
    else:
        told = f"sekitar {format_number(short.month or 0)} sampai akhir bulan, paketnya {limit}"
    return Item(f"• {label}: {told}")


def _client(line: ClientLine) -> Item:
    troubles = [f" | {', '.join(map(kind_in_words, line.troubles))}"] if line.troubles else []
    parts = [
        _posts_of(line),
        "nama tidak dibaca" if line.users is None else f"{format_number(line.users)} nama",
        f"{format_number(line.api_requests)} permintaan",
        f"{format_number(round(line.seconds))} detik",
    ]
    return Item("".join([f"• {sanitise(line.client_id)}: {', '.join(parts)}", *troubles]))


def _posts_of(line: ClientLine) -> str:
    if line.posts is None:
        return "konten tidak dapat dibaca" if line.due else "konten tidak diambil"
    changes = f"{format_number(line.new)} baru, {format_number(line.removed)} hilang"
    return f"{format_number(line.posts)} konten ({changes})"
