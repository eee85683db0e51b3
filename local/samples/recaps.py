"""What a recap says as text, why somebody is not in it, and the ranking of units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from chalicelib.platforms import Platform
from chalicelib.recap.correction import Said, correction, correction_text
from chalicelib.recap.count import recap_of
from chalicelib.recap.evidence import Basis, CountedPost, Evidence, Read
from chalicelib.recap.forms.rankings import ranking_text
from chalicelib.recap.forms.reasons import why_text
from chalicelib.recap.forms.text import caption, recap_text
from chalicelib.recap.people import Person
from chalicelib.recap.ranking import rank
from chalicelib.recap.why import History, Why, explain
from local.samples.invented import DAY, at, joined

_BASIS = Basis(
    client_id="POLRES_X",
    name="Polres X",
    client_type="org",
    first=DAY,
    last=DAY,
    platforms=("instagram", "tiktok"),
    asked_at=at(17, 20),
    data_at=at(17),
    feeds={"instagram": at(17), "tiktok": at(16, 30)},
    handles={"instagram": "polres.x", "tiktok": "polres_x"},
)
_SHORT = Read(at(17), at(17), False, "short", 410, 0.8)
_CAPPED = Read(at(17), at(17), False, "capped", 1000, 0.4)


def sample_evidence() -> Evidence:
    """A small unit on a day on which one list was not read completely."""
    people = [
        _person("1", "Siti Lestari", "AKP", "SAT LANTAS", "KASAT LANTAS", "siti.lestari", "sitil"),
        _person("2", "Budi Santoso", "BRIPKA", "SAT LANTAS", "BA", "budi.santoso budi2", "budis"),
        _person("3", "Agus Wibowo", "BRIPTU", "SAT LANTAS", "BA", "agus_w", "agusw"),
        _person("4", "Rina Pratama", "IPTU", "SAT BINMAS", "KANIT", "rina.p"),
        _person("5", "Dedi Saputra", "AIPDA", "SAT BINMAS", "BA", "dedi.s", "dedi_s"),
        _person("6", "Eko Nugroho", "BRIPDA", "SAT BINMAS", "BA"),
        replace(
            _person("7", "Putri Hidayat", "BRIGADIR", "SAT BINMAS", "BA", "putri.h"), excused=True
        ),
    ]
    posts = [
        _post("instagram", "C3dEf", 7, "siti.lestari budi.santoso rina.p dedi.s agus_w"),
        _post("instagram", "C4gHi", 9, "siti.lestari budi2", _SHORT),
        _post("tiktok", "7513039993741397256", 10, "sitil budis"),
    ]
    return Evidence(_BASIS, people, posts)


def recap() -> str:
    """A day's recap; one list was not read completely, and one feed is older than the other."""
    return joined(recap_text(recap_of(sample_evidence())))


def recap_caption() -> str:
    """What is written under the picture or the workbook of a day's recap."""
    return caption(recap_of(sample_evidence()))


def recap_correction() -> str:
    """The next morning: two people were named too early at 15:20."""
    people = {"2": ("kurang", 1), "3": ("belum", 0), "5": ("kurang", 1)}
    posts = frozenset({("instagram", "C3dEf"), ("tiktok", "7513039993741397256")})
    evidence = sample_evidence()
    later = replace(evidence.basis, data_at=at(6) + timedelta(days=1))
    found = correction(Said(at(15, 20), at(15), posts, people), replace(evidence, basis=later))
    return joined(correction_text(found))


def recap_without_posts() -> str:
    """A day on which nothing was read."""
    nothing = replace(_BASIS, data_at=None, feeds={})
    return joined(recap_text(recap_of(Evidence(nothing, sample_evidence().people[:2], []))))


def why() -> str:
    """Why one person is not recorded for the day's posts."""
    person = _person("2", "Budi Santoso", "BRIPKA", "", "", "budi.santoso")
    person = replace(person, unusable={"tiktok": ["-"]})
    early = Read(at(8), at(8), True, "end", 120, 1.0)
    late = Read(at(17), at(17), True, "end", 405, 1.0)
    histories = [
        _history("C3dEf", 7, "budi.santoso", early, late, named=(False, True)),
        _history("C4gHi", 9, "budi.santosa siti", late),
        _history("C5jKl", 11, "siti", _CAPPED),
        _history("C6mNo", 13, "siti", late),
        History(_post("tiktok", "7513039993741397256", 10, "", late), [late], []),
    ]
    answers = [explain(person, history, frozenset()) for history in histories]
    yesterday = replace(_post("instagram", "C1aBc", 20, ""), day=DAY - timedelta(days=1))
    return joined(why_text(Why(person, "POLRES_X", "Polres X", DAY, at(18), answers, [yesterday])))


def ranking() -> str:
    """A directorate's units; of one nobody is known, and one cannot be rated yet."""
    units = {"RES_A": "Polres A", "RES_B": "Polres B", "RES_C": "Polres C"}
    people = [
        replace(_person("0", "Hendra", "KBP", "", "DIR", "hendra"), unit_id="DIT", unit="Dit"),
        *(_of_unit("RES_A", n, f"a{n}") for n in range(4)),
        *(_of_unit("RES_B", n, f"b{n}") for n in range(3)),
        _of_unit("RES_B", 3, ""),
    ]
    basis = replace(_BASIS, client_id="DIT", name="Ditbinmas", platforms=("instagram",))
    posts = [
        _post("instagram", "C3dEf", 7, "hendra a0 a1 a2 a3 b0 b1"),
        _post("instagram", "C4gHi", 9, "hendra a0 a1 a2 a3 b0", _SHORT),
    ]
    earlier = [
        replace(post, day=DAY - timedelta(days=ago))
        for ago in range(1, 9)
        for post in posts[: ago % 3]
    ]
    recap = recap_of(Evidence(basis, people, posts))
    return joined(ranking_text(rank(recap, units, Evidence(basis, people, [*posts, *earlier]))))


def _person(
    user_id: str,
    name: str,
    title: str,
    division: str,
    position: str,
    insta: str = "",
    tiktok: str = "",
) -> Person:
    accounts: dict[Platform, Sequence[str]] = {"instagram": insta.split(), "tiktok": tiktok.split()}
    return Person(
        user_id, name, title, division, position, "POLRES_X", "Polres X", accounts=accounts
    )


def _of_unit(unit_id: str, number: int, account: str) -> Person:
    person = _person(f"{unit_id}{number}", f"Anggota {number}", "BRIPDA", "", "", account)
    return replace(person, unit_id=unit_id, unit=f"Polres {unit_id[-1]}")


def _post(
    platform: Platform, content_id: str, hour: int, names: str, read: Read | None = None
) -> CountedPost:
    whole = Read(at(17), at(17), True, "end", 405, 1.0)
    return CountedPost(
        platform, content_id, DAY, at(hour), read=read or whole, names=frozenset(names.split())
    )


def _history(
    content_id: str, hour: int, names: str, *reads: Read, named: Sequence[bool] = ()
) -> History:
    snapshots = [(read.slot, known) for read, known in zip(reads, named, strict=False)]
    return History(_post("instagram", content_id, hour, names, reads[-1]), reads, snapshots)


SAMPLES: Mapping[str, Callable[[], str]] = {
    "recap": recap,
    "recap-without-posts": recap_without_posts,
    "recap-caption": recap_caption,
    "recap-correction": recap_correction,
    "why": why,
    "ranking": ranking,
}
