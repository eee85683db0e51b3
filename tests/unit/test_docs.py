"""The documents against the code: generated blocks, settings, links, commands, handlers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner

from app import app
from chalicelib import texts
from chalicelib.posts.verdicts import Cut
from chalicelib.settings import Settings
from chalicelib.social.errors import ApiError
from local.cli import cli
from local.docs import pages
from local.docs.__main__ import main as renew
from local.docs.settings import names_of
from local.slot_run import SlotResult
from tests.unit.builders import wib

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
DOCS = sorted((PROJECT / "docs").glob("*.md"))
PAGES = [README, PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md", *DOCS]

LINES = re.MULTILINE
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | LINES)
OWN_KINDS = {"expired", "overdue", "dead_letter", "empty", *get_args(Cut), "unreadable"}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def of_page(page: Path) -> str:
    return page.name


def code_of(page: Path) -> str:
    """What stands in code spans and code blocks, one piece a line."""
    text = read(page)
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return "\n".join([*FENCE.findall(text), *spans])


def error_kinds() -> set[str]:
    found, left = {ApiError.kind} | OWN_KINDS, [ApiError]
    while left:
        left = [kind for parent in left for kind in parent.__subclasses__()]
        found |= {kind.kind for kind in left}
    return found


def words_for(kind: str) -> str:
    """How the slot report names a kind of error."""
    report = texts.SlotReport(wib("17:00"), 1, 0, 1, 0, 0, 0, 0.0, 0, errors={kind: ["X"]})
    [part] = texts.slot_report(report)
    return part.text.splitlines()[-1].removeprefix("• ").removesuffix(": X")


def local_commands() -> Iterator[tuple[str, click.Command | None, list[str]]]:
    """Every `python -m local COMMAND` of the documents, with its options."""
    for page in PAGES:
        for line in code_of(page).splitlines():
            for name, word, rest in re.findall(r"-m local ([a-z-]+)( [a-z-]+)?([^`|]*)", line):
                command = cli.commands.get(name)
                if isinstance(command, click.Group) and word:
                    command = command.commands.get(word.strip())
                yield f"{name}{word}", command, re.findall(r"(?<!\S)--[a-z-]+", word + rest)


@pytest.mark.parametrize("page", DOCS, ids=of_page)
def test_generated_blocks_are_what_the_code_renders(page: Path) -> None:
    assert pages.renewed(read(page)) == read(page), "run .venv/bin/python -m local.docs"


def test_every_block_is_used() -> None:
    used = "\n".join(read(page) for page in DOCS)
    assert [name for name in pages.BLOCKS if f"<!-- {name}:begin -->" not in used] == []


def test_the_check_names_the_stale_page_and_changes_nothing(tmp_path: Path) -> None:
    stale = tmp_path / "stale.md"
    stale.write_text("a\n<!-- schedule-gate:begin -->\nold\n<!-- schedule-gate:end -->\nb\n")
    before = read(stale)

    ran = CliRunner().invoke(renew, ["--check", "--docs", str(tmp_path)])

    assert (ran.exit_code, read(stale)) == (1, before)
    assert ran.output.startswith("stale.md")


def test_a_stale_page_is_renewed_and_the_rest_of_it_kept(tmp_path: Path) -> None:
    stale = tmp_path / "stale.md"
    stale.write_text("a\n<!-- schedule-gate:begin -->\nold\n<!-- schedule-gate:end -->\nb\n")

    assert CliRunner().invoke(renew, ["--docs", str(tmp_path)]).exit_code == 0

    assert read(stale).startswith("a\n<!-- schedule-gate:begin -->\n| segment |")
    assert read(stale).endswith("<!-- schedule-gate:end -->\nb\n")
    assert CliRunner().invoke(renew, ["--check", "--docs", str(tmp_path)]).exit_code == 0


@pytest.mark.parametrize(
    "page",
    [
        "<!-- nothing-of-the-sort:begin -->\n<!-- nothing-of-the-sort:end -->",
        "<!-- settings:begin -->\nno end",
        "no begin\n<!-- settings:end -->",
    ],
)
def test_odd_markers_are_refused(page: str) -> None:
    with pytest.raises(pages.StaleMarkers):
        pages.renewed(page)


def test_the_example_names_every_setting_once_and_no_other() -> None:
    named = re.findall(r"^([A-Z_]+)=", read(PROJECT / ".env.example"), LINES)
    settings = [names_of(name, field)[0] for name, field in Settings.model_fields.items()]
    assert sorted(named) == sorted(settings)


def test_every_setting_has_a_description() -> None:
    assert [name for name, f in Settings.model_fields.items() if not f.description] == []


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", read(page)):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", read(page), LINES)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", DOCS, ids=of_page)
def test_every_page_is_linked_from_the_readme(page: Path) -> None:
    assert f"](docs/{page.name})" in read(README)


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(PROJECT / "Makefile"), LINES))
    named = re.findall(r"\bmake(?: [A-Z]+=\S+)* ([a-z][a-z-]*)", code_of(page))
    assert set(named) <= targets


def test_the_targets_are_all_in_contributing() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", read(PROJECT / "Makefile"), LINES)
    text = read(PROJECT / "CONTRIBUTING.md")
    assert [t for t in targets if t != "help" and f"| `make {t}` |" not in text] == []


def test_every_local_command_and_option_exists() -> None:
    named = list(local_commands())
    assert named
    for name, command, options in named:
        assert command, f"python -m local {name}"
        known = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        assert set(options) <= known, f"python -m local {name}"


def test_every_module_that_is_run_exists() -> None:
    for page in PAGES:
        for module in re.findall(r"-m (local\.[a-z_.]+|wa_session_host)", code_of(page)):
            path = PROJECT / module.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


@pytest.mark.parametrize("handler", app.handler_map)
def test_every_handler_is_described(handler: str) -> None:
    assert f"`{handler}`" in read(PROJECT / "docs/architecture.md")


def test_the_readme_explains_every_field_of_the_json_line() -> None:
    names = [field.name for field in fields(SlotResult)]
    example = next(line for line in read(README).splitlines() if line.startswith('{"slot": "'))
    assert list(json.loads(example)) == names
    assert re.findall(r"^\| `(\w+)` \| ", section(README, "Running one slot"), LINES) == names


def section(page: Path, title: str) -> str:
    return read(page).split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("kind", sorted(error_kinds()))
def test_operators_find_every_kind_of_error_in_the_words_of_the_report(kind: str) -> None:
    words = words_for(kind)
    assert words != kind, "texts has no words for it"
    assert f"| {words} |" in read(PROJECT / "docs/panduan_operator.md")


@pytest.mark.parametrize("kind", sorted(error_kinds() - OWN_KINDS - {ApiError.kind}))
def test_every_kind_of_api_error_is_in_the_architecture(kind: str) -> None:
    assert f"| `{kind}` |" in read(PROJECT / "docs/architecture.md")


@pytest.mark.parametrize(
    "migration",
    sorted((PROJECT / "chalicelib/db/migrations/versions").glob("[0-9]*.py"))[1:],
    ids=of_page,
)
def test_every_table_and_column_that_is_added_is_described(migration: Path) -> None:
    added = read(migration)
    tables = re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", added)
    bodies = "".join(re.findall(r"CREATE TABLE.*?\n\);", added, re.DOTALL))
    columns = re.findall(r"^ {2}([a-z_]+) [a-z]", bodies, LINES)
    columns += re.findall(r"ADD COLUMN (?:IF NOT EXISTS )?(\w+)", added)
    page = read(PROJECT / "docs/database.md")
    assert [name for name in {*tables, *columns} if not re.search(rf"\b{name}\b", page)] == []


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_pages_keep_to_plain_characters(page: Path) -> None:
    """No em dash, and no character beyond the basic plane, where the emojis are."""
    odd = {c for c in read(page) if c in "\u2013\u2014" or ord(c) > 0xFFFF}
    assert odd == set()
