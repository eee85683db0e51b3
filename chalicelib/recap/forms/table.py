"""A recap as rows: a CSV file, and JSON. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.recap.count import Line, Recap, Tally
from chalicelib.recap.evidence import CountedPost
from chalicelib.recap.forms import words
from chalicelib.texts.words import no_formula, post_link

Cell = str | int | None


def columns(recap: Recap) -> list[str]:
    """The headings of `row`."""
    heads = ["Satuan", "Pangkat", "Nama", "Satfung", "Jabatan"]
    for platform in recap.basis.platforms:
        label = DESCRIPTIONS[platform].label
        heads += [f"Akun {label}", f"{label} dilaksanakan", f"{label} konten", f"{label} status"]
    return [*heads, "Dilaksanakan", "Belum", "Belum pasti", "Konten", "Status"]


def row(recap: Recap, line: Line) -> list[Cell]:
    """A person's cells. Numbers are blank where no account is known to count by."""
    person = line.person
    cells: list[Cell] = [
        person.unit or person.unit_id,
        person.title,
        person.name,
        person.division,
        person.position,
    ]
    for platform in recap.basis.platforms:
        tally = line.tallies[platform]
        accounts = ", ".join(person.accounts.get(platform, ()))
        cells += [accounts, _done(tally), tally.total, line.statuses[platform]]
    together = line.together
    known = together.total > together.unmatched
    numbers = (together.missing, together.unsure) if known else (None, None)
    return [*cells, _done(together), *numbers, together.total, line.status]


def _done(tally: Tally) -> int | None:
    return tally.done if tally.total > tally.unmatched or not tally.total else None


def recap_csv(recap: Recap) -> bytes:
    """The recap as CSV in UTF-8 with a byte order mark, as spreadsheets expect it. Every row says
    for which days it is, from when the data is, and how many lists were not read completely. Text
    that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*columns(recap), "Tanggal", "Dasar", "Konten belum terbaca lengkap"])
    basis: list[Cell] = [words.period(recap.basis), words.age(recap.basis), len(recap.uncertain)]
    for line in recap.lines:
        writer.writerow([_plain(cell) for cell in [*row(recap, line), *basis]])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> Cell:
    return no_formula(cell) if isinstance(cell, str) else cell


def as_json(recap: Recap) -> dict[str, Any]:
    """The recap as JSON values; moments are ISO 8601 in WIB."""
    basis = recap.basis
    return {
        "client_id": basis.client_id,
        "client": basis.name,
        "first": basis.first.isoformat(),
        "last": basis.last.isoformat(),
        "at": str(basis.at) if basis.at else None,
        "asked_at": basis.asked_at.isoformat(),
        "data_at": basis.data_at.isoformat() if basis.data_at else None,
        "feeds_read_at": {platform: at.isoformat() for platform, at in basis.feeds.items()},
        "complete_percent": basis.percent,
        "cautions": list(words.cautions(recap)),
        "posts": [post_json(post) for post in recap.posts],
        "totals": {"together": recap.counts()} | {p: recap.counts(p) for p in basis.platforms},
        "people": [_person_json(line, basis.platforms) for line in recap.lines],
    }


def post_json(post: CountedPost) -> dict[str, Any]:
    """A post, and how its list was last read."""
    read = post.read
    return {
        "platform": post.platform,
        "content_id": post.content_id,
        "link": post_link(post.platform, post.content_id),
        "day": post.day.isoformat(),
        "posted_at": post.posted_at.isoformat(),
        "complete": post.certain,
        "read_at": read.at.isoformat() if read else None,
        "ended": read.ended if read else None,
        "names_read": read.names if read else None,
    }


def _person_json(line: Line, platforms: Sequence[Platform]) -> dict[str, Any]:
    person = line.person
    return {
        "user_id": person.user_id,
        "title": person.title,
        "name": person.name,
        "division": person.division,
        "unit_id": person.unit_id,
        "status": line.status,
        **_numbers(line.together),
        "platforms": {
            platform: {
                "accounts": list(person.accounts.get(platform, ())),
                "status": line.statuses[platform],
                **_numbers(line.tallies[platform]),
            }
            for platform in platforms
        },
    }


def _numbers(tally: Tally) -> dict[str, int]:
    return {
        "done": tally.done,
        "missing": tally.missing,
        "unsure": tally.unsure,
        "unmatched": tally.unmatched,
        "total": tally.total,
    }
