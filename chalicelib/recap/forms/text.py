"""A recap as WhatsApp text, in parts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.count import Line, Recap
from chalicelib.recap.evidence import CountedPost
from chalicelib.recap.forms import words
from chalicelib.slots import to_wib
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import format_number, post_link, sanitise, truncate

NAMES_LEFT_OUT = "_Daftar nama tidak dikirim karena terlalu panjang; mintalah berkas Excel._"

_NAME_LENGTH = 60


def recap_text(recap: Recap, longest: int = LONGEST) -> tuple[Part, ...]:
    """The recap in parts of at most `longest` characters: what it is based on, the posts with their
    links, the totals, then everybody by satfung."""
    basis = recap.basis
    head = [f"*{words.name_of(basis)}*", words.period(basis), words.age(basis)]
    return split(words.TITLE, head, list(_sections(recap)), longest)


def caption(recap: Recap) -> str:
    """What is written under a picture or a workbook: what it is based on, the totals, and what
    limits them."""
    basis = recap.basis
    head = [f"*{words.TITLE}*", f"*{words.name_of(basis)}*", words.period(basis), words.age(basis)]
    return "\n".join([*head, words.contents(recap), *(item.text for item in _totals(recap))])


def _sections(recap: Recap) -> Iterator[Section]:
    yield Section(f"*{words.contents(recap)}*", [_post(recap, post) for post in recap.posts])
    yield Section("*Rekap*", _totals(recap))
    for division, lines in words.divisions(recap.lines):
        title = f"*{truncate(sanitise(division), _NAME_LENGTH)}* ({format_number(len(lines))})"
        yield Section(title, [_line(recap, n, line) for n, line in enumerate(lines, 1)])


def _totals(recap: Recap) -> list[Item]:
    totals = [Item(f"• Personel: {format_number(len(recap.lines))}")]
    for platform in recap.basis.platforms:
        said = words.statuses(recap.counts(platform))
        totals.append(Item(f"• {DESCRIPTIONS[platform].label}: {said}"))
    if len(recap.basis.platforms) > 1:
        totals.append(Item(f"• Gabungan: {words.statuses(recap.counts())}"))
    notes = [words.rule(recap.basis), *words.cautions(recap)]
    return [*totals, *(Item(f"_{note}._") for note in notes)]


def _post(recap: Recap, post: CountedPost) -> Item:
    url = post_link(post.platform, post.content_id, recap.basis.handles.get(post.platform))
    made = f"{to_wib(post.posted_at):%H:%M} WIB"
    if recap.basis.first != recap.basis.last:
        made = f"{post.day:%d-%m}, {made}"
    return Item(f"• {url}\n  {made} | {words.coverage(post)}")


def _line(recap: Recap, number: int, line: Line) -> Item:
    platforms = recap.basis.platforms
    names = [sanitise(f"@{name}") for name in words.accounts(line, platforms)]
    who = truncate(sanitise(line.person.full_name), _NAME_LENGTH)
    done = words.reached(line.together)
    if len(platforms) > 1 and line.together.total > line.together.unmatched:
        parts = [
            f"{DESCRIPTIONS[platform].short_label} {words.reached(tally)}"
            for platform, tally in line.tallies.items()
        ]
        done = f"{done} ({', '.join(parts)})"
    return Item(f"{number}. {who}{''.join(f', {name}' for name in names)}: {done} {line.status}")
