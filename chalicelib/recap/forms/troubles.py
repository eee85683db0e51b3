"""What is wrong with a schedule of recaps, in words, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chalicelib.recap.recipients import Trouble
from chalicelib.recap.schedule import EARLIEST, LATEST, MOST_HOURS
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import format_time, sanitise

_SPAN = f"antara {EARLIEST:%H:%M} dan {LATEST:%H:%M}"

TROUBLES: Mapping[Trouble, str] = {
    "hours": f"jamnya kosong atau tidak {_SPAN}",
    "forms": "bentuknya belum dipilih",
    "recipients": "penerimanya belum dipilih",
    "group": "client_group kosong atau berisi yang bukan id grup",
    "operator": "client_operator kosong atau berisi yang bukan nomor telepon",
    "super": "client_super kosong atau berisi yang bukan nomor telepon",
    "chats": "penerima lain berisi yang bukan nomor telepon atau id grup",
}

FIXES: Mapping[Trouble, str] = {
    "hours": f"Jam tidak dapat dipakai: tulis seperti 15:20, 18:20, {_SPAN}, paling banyak "
    f"{MOST_HOURS}.",
    "forms": "Pilih sedikitnya satu bentuk, atau matikan jadwalnya.",
    "recipients": "Pilih sedikitnya satu penerima, atau matikan jadwalnya.",
    "group": f"Grup satker: {TROUBLES['group']}. Isi dengan id grup (halaman WhatsApp, Daftar "
    "grup), atau jangan pilih grup satker.",
    "operator": f"Operator satker: {TROUBLES['operator']}. Isi seperti 081234567890, atau jangan "
    "pilih operator satker.",
    "super": f"Pimpinan: {TROUBLES['super']}. Isi seperti 081234567890, atau jangan pilih "
    "pimpinan.",
    "chats": "Penerima lain harus berupa nomor telepon atau id grup, dipisahkan koma.",
}

ADVICE = "Perbaiki isian itu, atau ubah jadwalnya pada halaman satker."


def unreachable(
    clients: Mapping[str, Sequence[Trouble]], at: datetime, longest: int = LONGEST
) -> tuple[Part, ...]:
    """The clients whose scheduled recaps do not reach everybody; told once a day."""
    items = [
        Item(f"• {sanitise(client_id)}: {TROUBLES[trouble]}")
        for client_id, troubles in clients.items()
        for trouble in troubles
    ]
    title = "Absensi terjadwal satker berikut tidak sampai, atau tidak ke semua penerimanya:"
    sections = [Section(title, items), Section(ADVICE)]
    return split("ABSENSI TERJADWAL TIDAK SAMPAI", [format_time(at)], sections, longest)
