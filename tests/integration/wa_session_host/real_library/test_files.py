"""A recap of a day through the real library: text, picture and document arrive byte for byte."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.outbox.messages import Message
from chalicelib.recap.files import MIME_TYPES, FileForm, RecapFile
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, slots_of
from tests.integration.ledger import message
from tests.integration.wa_session_host.hosting import publish
from tests.integration.wa_session_host.real_library.hosting import Told, running
from tests.integration.waiting import wait_until
from tests.whatsapp.linked import GROUP
from tests.whatsapp.standin import Standin

CLIENT = "CONTOH"
CAPTION = "*ABSENSI*\nPolres Contoh: lengkap 3, belum 1"


@pytest.fixture
def values(values: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return values | {"RECAP_FILES_PATH": str(tmp_path / "files")}


def yesterday(runtime: Runtime) -> Slot:
    return slots_of((runtime.now() - timedelta(days=1)).date())[18]


def recap(runtime: Runtime, form: FileForm) -> Message:
    file = RecapFile.of(CLIENT, yesterday(runtime), form)
    described = file.model_dump(mode="json")
    return message(runtime, f"recap:{form}", text=CAPTION, kind="recap", attachment=described)


def test_text_picture_and_document_arrive_as_they_are_kept(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told, tmp_path: Path
) -> None:
    with running(values, standin) as host:
        wait_until(host.ready)
        text = message(real_writer, "recap:text", text="Rekap", kind="recap")
        publish(real_writer, text, recap(real_writer, "png"), recap(real_writer, "xlsx"))
        wait_until(lambda: told.finished(3))
    assert told.statuses() == ["sent"] * 3
    assert standin.texts_to(GROUP) == ["Rekap", CAPTION, CAPTION]
    nothing, *files = [arrival.file for arrival in standin.arrivals]
    assert nothing is None
    forms: tuple[FileForm, ...] = ("png", "xlsx")
    for file, form in zip(files, forms, strict=True):
        described = RecapFile.of(CLIENT, yesterday(real_writer), form)
        assert file is not None
        assert file.data == (tmp_path / "files" / described.key).read_bytes()
        assert file.mime_type == MIME_TYPES[described.form]
        assert file.name == ("" if form == "png" else described.name)
    assert files[0] is not None
    assert files[0].data.startswith(b"\x89PNG")


def test_a_file_that_is_not_taken_was_not_sent_and_is_tried_again(
    values: dict[str, str], standin: Standin, real_writer: Runtime, told: Told
) -> None:
    standin.world.takes_files = False
    with running(values, standin) as host:
        wait_until(host.ready)
        publish(real_writer, recap(real_writer, "png"))
        wait_until(lambda: told.statuses() == ["retrying"])
        [row] = told.rows()
        assert "failed to upload" in row["error_message"]
        standin.world.takes_files = True
        wait_until(lambda: told.statuses() == ["sent"])
    assert len(standin.arrivals) == 1
