"""The account that prints: its journal is the delivery, and outlives the process."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from wa_session_host.sending.console import ConsoleTransport
from wa_session_host.sending.transport import File, Outgoing

FIRST = Outgoing("gateway", "1203@g.us", "*Satu*\nbaris dua\n\nbaris empat", "task_list:X:17")
SECOND = Outgoing("gateway", "1203@g.us", "Dua", "task_list:X:18")


@contextmanager
def transport_in(directory: Path, out: io.StringIO | None = None) -> Iterator[ConsoleTransport]:
    transport = ConsoleTransport(directory, out or io.StringIO())
    try:
        yield transport
    finally:
        transport.close()


def journal(directory: Path) -> Path:
    return directory / "console.jsonl"


def cut_short(directory: Path) -> None:
    """Leaves the journal as a kill in the middle of its last line would."""
    text = journal(directory).read_text(encoding="utf-8")
    journal(directory).write_text(text[: len(text) - 12], encoding="utf-8")


def test_the_account_is_always_ready_and_makes_its_directory(tmp_path: Path) -> None:
    with transport_in(tmp_path / "wa" / "gateway") as transport:
        assert transport.ready()
        assert not transport.was_sent(FIRST)


def test_a_message_is_shown_as_its_group_would_see_it(tmp_path: Path) -> None:
    out = io.StringIO()
    with transport_in(tmp_path, out) as transport:
        transport.send(FIRST)
    head, *lines, foot = out.getvalue().splitlines()
    assert head.startswith("┌─ 1203@g.us ")
    assert [line.removeprefix("│").strip() for line in lines] == FIRST.text.splitlines()
    assert foot.startswith("└")


def test_a_file_is_shown_by_its_name_and_size(tmp_path: Path) -> None:
    out = io.StringIO()
    picture = File("image", "Absensi X.png", "image/png", b"\x89PNG")
    with transport_in(tmp_path, out) as transport:
        transport.send(replace(SECOND, file=picture))
    assert "Dua\n│ [Absensi X.png, 4 byte]\n" in out.getvalue()


def test_what_was_sent_is_known_at_once_and_what_was_not_is_not(tmp_path: Path) -> None:
    with transport_in(tmp_path) as transport:
        transport.send(FIRST)
        assert transport.was_sent(FIRST)
        assert not transport.was_sent(SECOND)


def test_the_journal_outlives_the_process(tmp_path: Path) -> None:
    for message in (FIRST, SECOND):
        with transport_in(tmp_path) as transport:
            assert not transport.was_sent(message)
            transport.send(message)
    with transport_in(tmp_path) as transport:
        assert transport.was_sent(FIRST)
        assert transport.was_sent(SECOND)


def test_the_journal_is_on_disk_before_the_message_is_shown(tmp_path: Path) -> None:
    class Looking(io.StringIO):
        def write(self, text: str) -> int:
            assert FIRST.key in journal(tmp_path).read_text(encoding="utf-8")
            return super().write(text)

    out = Looking()
    with transport_in(tmp_path, out) as transport:
        transport.send(FIRST)
    assert out.getvalue()


def test_a_journal_line_names_key_chat_and_id_but_not_the_text(tmp_path: Path) -> None:
    with transport_in(tmp_path) as transport:
        message_id = transport.send(FIRST)
    [line] = journal(tmp_path).read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"key": FIRST.key, "chat": FIRST.chat, "id": message_id}


def test_each_key_has_an_id_of_its_own(tmp_path: Path) -> None:
    with transport_in(tmp_path) as transport:
        assert transport.send(FIRST) != transport.send(SECOND)


def test_a_line_that_was_cut_short_is_no_delivery_and_hides_no_other(tmp_path: Path) -> None:
    with transport_in(tmp_path) as transport:
        transport.send(FIRST)
        transport.send(SECOND)
    cut_short(tmp_path)
    with transport_in(tmp_path) as transport:
        assert transport.was_sent(FIRST)
        assert not transport.was_sent(SECOND)


def test_what_is_sent_after_a_line_that_was_cut_short_is_known_later(tmp_path: Path) -> None:
    with transport_in(tmp_path) as transport:
        transport.send(FIRST)
    cut_short(tmp_path)
    with transport_in(tmp_path) as transport:
        transport.send(SECOND)
    with transport_in(tmp_path) as transport:
        assert transport.was_sent(SECOND)


@pytest.mark.parametrize("line", ["", "7", "null", "[]", '"text"', "{}", '{"key": []}', "{"])
def test_a_strange_line_in_the_journal_is_passed_over(tmp_path: Path, line: str) -> None:
    with transport_in(tmp_path) as transport:
        transport.send(FIRST)
    with journal(tmp_path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with transport_in(tmp_path) as transport:
        assert transport.was_sent(FIRST)
        assert not transport.was_sent(SECOND)


def test_a_key_of_any_text_is_found_again(tmp_path: Path) -> None:
    odd = Outgoing("gateway", "1203@g.us", "x", 'é"\n\u2028\\ 🚔')
    with transport_in(tmp_path) as transport:
        transport.send(odd)
    with transport_in(tmp_path) as transport:
        assert transport.was_sent(odd)
