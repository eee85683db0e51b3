from pathlib import Path

import pytest

from local.deploy.account import DeployError
from local.deploy.functions import package
from local.deploy.preflight import PYTHONS, check_python


def test_a_bundle_without_a_dependency_is_none(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requirements.txt").write_text("--no-index\nno-such-package==1\n")
    with pytest.raises(DeployError, match="no-such-package"):
        package(tmp_path)
    assert list(tmp_path.rglob("*.zip")) == []


@pytest.mark.parametrize("version", PYTHONS)
def test_functions_run_on_a_python_that_the_tests_run_on(version: tuple[int, int]) -> None:
    check_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(DeployError, match=r"This is Python 3\.1[04]; .*3\.11, 3\.12, 3\.13"):
        check_python(version)
