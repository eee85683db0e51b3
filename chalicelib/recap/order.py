"""The order in which a unit's people are listed: position, rank, name. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from chalicelib.recap.people import Person

_POSITIONS = ("DIR", "WADIR", "KASUBDIT", "KABAG", "KASUBBAG", "KASAT", "KANIT")
_ACTING = re.compile(r"^(?:(?:PS|PLT|PLH|PJS|PJ|PGS)\b[. ]*)+")
_SPELT = (("WAKIL DIREKTUR", "WADIR"), ("DIREKTUR", "DIR"), ("KEPALA SATUAN", "KASAT"))

_RANKS = """
KBP, KOMISARIS BESAR POLISI, KOMBES POL, KOMBESPOL, KOMBES
AKBP, AJUN KOMISARIS BESAR POLISI
KOMPOL, KOMISARIS POLISI
AKP, AJUN KOMISARIS POLISI
IPTU, INSPEKTUR POLISI SATU
IPDA, INSPEKTUR POLISI DUA
AIPTU, AJUN INSPEKTUR POLISI SATU
AIPDA, AJUN INSPEKTUR POLISI DUA
BRIPKA, BRIGADIR POLISI KEPALA
BRIGADIR, BRIGPOL, BRIGADIR POLISI
BRIPTU, BRIGADIR POLISI SATU
BRIPDA, BRIGADIR POLISI DUA
PEMBINA UTAMA
PEMBINA UTAMA MADYA
PEMBINA UTAMA MUDA
PEMBINA TINGKAT I
PEMBINA
PENATA TINGKAT I
PENATA
PENATA MUDA TINGKAT I
PENATA MUDA
PENGATUR TINGKAT I
PENGATUR
PENGATUR MUDA TINGKAT I
PENGATUR MUDA
JURU TINGKAT I
JURU
JURU MUDA TINGKAT I
JURU MUDA
PPPK
PHL
"""
_PLACES = {
    name.strip(): place
    for place, line in enumerate(_RANKS.strip().splitlines())
    for name in line.split(",")
}
_UNKNOWN_RANK = len(_PLACES)
_NO_RANK = _UNKNOWN_RANK + 1


def in_order(person: Person) -> tuple[int, int, str, str]:
    """The sort key of a person. A rank that is not in the list comes after all that are, and no
    rank last."""
    return (
        _position(person.position),
        _rank(person.title),
        person.name.casefold(),
        person.user_id,
    )


@lru_cache(maxsize=4096)
def _position(text: str) -> int:
    plain = _ACTING.sub("", _plain(text))
    for spelt, short in _SPELT:
        plain = plain.replace(spelt, short)
    found = (place for place, name in enumerate(_POSITIONS) if plain.startswith(name))
    return next(found, len(_POSITIONS))


@lru_cache(maxsize=4096)
def _rank(text: str) -> int:
    plain = re.sub(r"\b(?:TK|TKT|TINGKAT) ?(?:I|1)\b", "TINGKAT I", _plain(text))
    return _PLACES.get(plain, _UNKNOWN_RANK) if plain else _NO_RANK


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[.,_/-]+", " ", text).upper().split())
