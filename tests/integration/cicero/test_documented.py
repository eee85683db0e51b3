"""docs/cicero.md: every command of its console blocks runs, in order, and prints what stands there;
times, versions and the stage's name apart. `[...]` stands for any lines.

With RENEW_CICERO_PAGE set, the page gets what is printed instead; read the diff before a commit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from local.cicero.main import cicero
from tests.integration.cicero.conftest import Cicero, Ran
from tests.integration.tables import Tables

PAGE = Path(__file__).parents[3] / "docs" / "cicero.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (cicero .*)\n", re.MULTILINE)

SHEET = """client_id,nama,client_insta,client_group
MAWAR,Polres Mawar,@polres.mawar,120363000000000009@g.us
CONTOH,Polres Contoh Kota,,
"""


PEOPLE = """
INSERT INTO "user" (user_id, nama, title, divisi, client_id, insta, tiktok)
SELECT '8201000' || n, nama, title, 'SAT ' || satfung, 'CONTOH',
  (SELECT jsonb_array_elements_text(likes) FROM insta_like JOIN insta_post_clients USING (shortcode)
   WHERE client_id = 'CONTOH' AND typed ORDER BY 1 LIMIT 1), NULL
FROM (VALUES (1, 'Siti Lestari', 'AKP', 'LANTAS', true), (2, 'Eko Nugroho', 'BRIPDA', 'BINMAS',
  false)) AS p (n, nama, title, satfung, typed)
"""


@pytest.mark.usefixtures("played")
def test_every_documented_command_prints_what_the_page_says(
    at_terminal: Cicero, tables: Tables
) -> None:
    tables.run(PEOPLE)
    Path("satker.csv").write_text(SHEET, encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    if "RENEW_CICERO_PAGE" in os.environ:
        PAGE.write_text(BLOCK.sub(lambda m: renewed(m[0], at_terminal), text), encoding="utf-8")
        return
    commands = [pair for block in BLOCK.findall(text) for pair in pairs(block)]
    assert len(commands) > 20
    for command, expected in commands:
        ran = at_terminal(command)
        assert holds(plain(printed(ran)), expected), f"{command}\n{printed(ran)}"


def test_the_page_has_every_command() -> None:
    page = "\n".join(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    assert [name for name in names(cicero) if f"$ cicero {name}" not in page] == []


def names(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from names(command, f"{name} ")
        else:
            yield before + name


def pairs(block: str) -> list[tuple[str, str]]:
    """A block's commands, each with what it prints."""
    _, *parts = COMMAND.split(block)
    return list(zip(parts[::2], parts[1::2], strict=True))


def renewed(block: str, at_terminal: Cicero) -> str:
    ran = [(command, at_terminal(command)) for command, _ in pairs(block)]
    return "\n".join(f"$ {command}\n{printed(one)}" for command, one in ran)


def printed(ran: Ran) -> str:
    """What a person sees, without progress bars, and the exit code if it is not 0."""
    lines = [line.rstrip() for line in ran.out.splitlines()]
    lines += [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    lines += [f"(exit code {ran.code})"] if ran.code else []
    return "".join(f"{line}\n" for line in lines)


def holds(text: str, expected: str) -> bool:
    """Whether the text is what is expected."""
    parts = [re.escape(plain(part)) for part in expected.split("[...]\n")]
    return re.fullmatch(".*".join(parts), text) is not None


def plain(text: str) -> str:
    """Without what differs from run to run, and without tables' lines, whose widths do."""
    text = re.sub(r"[\s━┃┏┓┗┛┡┩╇┳┻├┤┬┴┼─│┌┐└┘]+", " ", text)
    text = re.sub(r"stage \S+", "stage X", re.sub(r"version \d{4}", "version N", text))
    return re.sub(r"\d+\.\d\b", "S", text).strip()
