"""What is taken to be deployed, from repositories and from a directory without one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from local.deploy import sources
from local.deploy.account import DeployError
from tests.repositories import commit_all, git

FILES = {
    "app.py": "app",
    "requirements.txt": "",
    "chalicelib/rules.py": "rules",
    "chalicelib/db/queries/posts.sql": "SELECT 1",
    ".chalice/config.json": "{}",
    ".chalice/policies/sweep.json": "{}",
    ".chalice/resources.json": "{}",
    ".chalice/watch.json": "{}",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that are deployed, and others, in a directory without git."""
    made = tmp_path / "project"
    others = {
        ".chalice/stages/prod.toml": "",
        "local/cli.py": "",
        "chalicelib/__pycache__/rules.cpython-311.pyc": "",
        "chalicelib/old.pyc": "",
    }
    for name, text in (FILES | others).items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


@pytest.fixture
def clone(project: Path) -> Path:
    """The same in a repository of one commit, which ignores compiled files."""
    commit_all(project, "*.pyc")
    return project


def taken(target: Path) -> dict[str, str]:
    files = [file for file in target.rglob("*") if file.is_file()]
    return {str(file.relative_to(target)): file.read_text() for file in files}


def test_a_commit_is_deployed_without_remarks_and_without_anything_else(
    clone: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    (target / "chalicelib").mkdir(parents=True)
    (target / "chalicelib/of_before.py").write_text("")
    (clone / ".chalice/stages/dev.toml").write_text("")
    assert sources.take(clone, target) == []
    assert taken(target) == FILES


def test_what_was_staged_is_deployed_and_what_was_not_is_not_and_both_are_named(
    clone: Path, tmp_path: Path
) -> None:
    (clone / "app.py").write_text("staged")
    git(clone, "add", "app.py")
    (clone / "chalicelib/rules.py").write_text("changed")
    for number in range(6):
        (clone / f"chalicelib/new{number}.py").write_text("")
    assert sources.take(clone, tmp_path / "target") == [
        "deployed, though not committed: app.py",
        "not deployed, since `git add` has not seen it: chalicelib/rules.py, chalicelib/new0.py, "
        "chalicelib/new1.py, chalicelib/new2.py, chalicelib/new3.py and 2 more",
    ]
    assert taken(tmp_path / "target") == FILES | {"app.py": "staged"}


def test_a_directory_without_git_is_deployed_as_it_is_and_that_is_said(
    project: Path, tmp_path: Path
) -> None:
    (project / "chalicelib/lies_there.py").write_text("")
    [remark] = sources.take(project, tmp_path / "target")
    assert remark.endswith("deployed is the directory as it is, with whatever lies in it")
    assert taken(tmp_path / "target") == FILES | {"chalicelib/lies_there.py": ""}


def test_a_directory_that_a_repository_ignores_is_deployed_as_it_is(
    clone: Path, tmp_path: Path
) -> None:
    unpacked = clone / "unpacked"
    shutil.copytree(clone, unpacked, ignore=shutil.ignore_patterns(".git", "*.pyc"))
    [remark] = sources.take(unpacked, tmp_path / "target")
    assert remark.startswith("git does not track this directory's app.py: ")
    assert taken(tmp_path / "target") == FILES


def test_a_repository_that_cannot_say_what_it_has_is_told_in_git_s_words(
    clone: Path, tmp_path: Path
) -> None:
    git(clone, "rm", "-q", "--cached", ".chalice/watch.json")
    with pytest.raises(DeployError, match=r"git archive: .*watch\.json"):
        sources.take(clone, tmp_path / "target")
