"""The picture or workbook that a message refers to: what it shows, not the bytes. Pure.

The host makes it from the database when it sends the message: the recap of a slot that is over
stays the same, and the libraries that draw it are no part of the Lambda bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chalicelib.recap.schedule import file_of
from chalicelib.slots import Slot

FileForm = Literal["png", "xlsx"]

MIME_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class RecapFile(BaseModel):
    """The recap of a client's day, as its slot knew it. `key`: under which name the file is kept;
    `name`: the one that the recipient sees. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Literal["recap"] = "recap"
    form: FileForm
    client_id: str
    slot: AwareDatetime
    key: str
    name: str

    @classmethod
    def of(cls, client_id: str, slot: Slot, form: FileForm) -> Self:
        shown = "".join(sign if sign.isalnum() or sign in "-_" else " " for sign in client_id)
        name = f"Absensi {' '.join(shown.split())} {slot.at:%Y-%m-%d %H%M}.{form}"
        key = file_of(client_id, slot, form)
        return cls(form=form, client_id=client_id, slot=slot.at, key=key, name=name)

    @property
    def of_slot(self) -> Slot:
        return Slot.exactly(self.slot)

    @property
    def day(self) -> date:
        return self.of_slot.day
