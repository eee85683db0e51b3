"""Why somebody is or is not recorded, in words and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.evidence import CountedPost
from chalicelib.recap.forms import words
from chalicelib.recap.forms.table import post_json
from chalicelib.recap.why import Cause, Explanation, PostRead, Why
from chalicelib.slots import to_wib
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import format_number, format_time, post_link, sanitise, truncate

TITLE = "MENGAPA BELUM TERCATAT?"
_TYPED = 60


def why_text(why: Why, longest: int = LONGEST) -> tuple[Part, ...]:
    """The answer in parts of at most `longest` characters, post by post."""
    head = [
        f"*{sanitise(why.person.full_name)}*",
        sanitise(why.client_name),
        words.format_day(why.day),
    ]
    return split(TITLE, head, list(_sections(why)), longest)


def _sections(why: Why) -> Iterator[Section]:
    if why.person.excused:
        yield Section("Personel ini dikecualikan dari absensi.")
    if not why.posts:
        yield Section("Tidak ada konten pada hari itu.")
    for one in why.posts:
        post = one.post
        made = to_wib(post.posted_at)
        title = f"*{DESCRIPTIONS[post.platform].label} {made:%H:%M}*: {one.cause}"
        causes = [Item(f"• {reason(one, cause)}") for cause in one.causes]
        reads = [Item(f"  {read_in_words(read)}") for read in one.reads]
        yield Section(title, [Item(post_link(post.platform, post.content_id)), *causes, *reads])
    if why.elsewhere:
        yield Section("*Tercatat pada hari lain:*", [Item(_elsewhere(p)) for p in why.elsewhere])


def _elsewhere(post: CountedPost) -> str:
    return f"• {post.day:%d-%m-%Y}: {post_link(post.platform, post.content_id)}"


def reason(one: Explanation, cause: Cause) -> str:
    """One cause, in a sentence that claims no more than was read."""
    match cause:
        case "tercatat":
            since = f" sejak {format_time(one.seen_by)}" if one.seen_by else ""
            return f"Sudah tercatat{since}."
        case "hari lain":
            return f"Konten ini dihitung pada {words.format_day(one.day)}."
        case "tanpa username":
            return _no_account(one)
        case "akun berbeda":
            pairs = ", ".join(f"{_at(mine)} dan {_at(theirs)}" for mine, theirs in one.similar[:3])
            return f"Akun terdaftar dan akun yang terbaca berbeda satu huruf: {pairs}."
        case "belum pernah dibaca":
            return "Daftar konten ini belum pernah terbaca; belum dapat dipastikan."
        case "belum ada saat dibaca":
            return (
                f"Daftar {words.coverage(one.post)}, dan {_accounts(one)} belum ada di dalamnya. "
                "Mungkin dilakukan setelah itu, atau dengan akun lain yang belum didaftarkan."
            )
        case "daftar terpotong" | "daftar belum lengkap":
            return f"Daftar {words.coverage(one.post)}; belum dapat dipastikan."


def _no_account(one: Explanation) -> str:
    label = DESCRIPTIONS[one.post.platform].label
    said = f"Belum ada akun {label} yang terdaftar"
    if not one.unusable:
        return f"{said}."
    typed = ", ".join(f"“{truncate(sanitise(text), _TYPED)}”" for text in one.unusable)
    return f"{said}; yang diisi bukan nama akun: {typed}."


def read_in_words(read: PostRead) -> str:
    """`12:30 WIB: lengkap, 120 nama, akun belum ada`."""
    of = read.read
    named = {True: ", akun ada", False: ", akun belum ada", None: ""}[read.named]
    how = "lengkap" if of.complete else words.ENDINGS[of.ended]
    return f"{to_wib(of.slot):%d-%m %H:%M} WIB: {how}, {format_number(of.names)} nama{named}"


def _accounts(one: Explanation) -> str:
    return " atau ".join(map(_at, one.accounts))


def _at(name: str) -> str:
    return sanitise(f"@{name}")


def why_json(why: Why) -> dict[str, Any]:
    """The answer as JSON values."""
    return {
        "user_id": why.person.user_id,
        "client_id": why.client_id,
        "day": why.day.isoformat(),
        "asked_at": why.asked_at.isoformat(),
        "excused": why.person.excused,
        "posts": [_explanation_json(one) for one in why.posts],
        "elsewhere": [post_json(post) for post in why.elsewhere],
    }


def _explanation_json(one: Explanation) -> dict[str, Any]:
    return post_json(one.post) | {
        "cause": one.cause,
        "causes": list(one.causes),
        "reasons": [reason(one, cause) for cause in one.causes],
        "accounts": list(one.accounts),
        "unusable": list(one.unusable),
        "similar": [list(pair) for pair in one.similar],
        "seen_by": one.seen_by.isoformat() if one.seen_by else None,
        "reads": [
            {
                "slot": read.read.slot.isoformat(),
                "read_at": read.read.at.isoformat(),
                "complete": read.read.complete,
                "ended": read.read.ended,
                "names": read.read.names,
                "share": read.read.share,
                "account_named": read.named,
            }
            for read in one.reads
        ],
    }
