import zipfile
from pathlib import Path

import pytest

from local.deploy.account import DeployError
from local.deploy.functions import package
from local.deploy.preflight import PYTHONS, check_python
from local.deploy.wheels import Wheels


def test_a_bundle_without_a_dependency_is_none(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requirements.txt").write_text("--no-index\nno-such-package==1\n")
    with pytest.raises(DeployError, match="no-such-package"):
        package(tmp_path, "x86_64")
    assert list(tmp_path.rglob("*.zip")) == []


def test_a_dependency_of_another_content_than_locked_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "known-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("known-1.dist-info/METADATA", "Name: known\nVersion: 1")
        wheel.writestr("known-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
        wheel.writestr("known-1.dist-info/RECORD", "")
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requirements.txt").write_text(
        f"--no-index\n--find-links {tmp_path}\nknown==1 --hash=sha256:{'0' * 64}\n"
    )
    with pytest.raises(DeployError, match="DO NOT MATCH THE HASHES"):
        package(tmp_path, "x86_64")


@pytest.mark.parametrize(
    ("version", "newest"), [("3.11", "manylinux_2_26_aarch64"), ("3.13", "manylinux_2_34_aarch64")]
)
def test_a_wheel_may_need_what_lambda_s_linux_has_and_no_more(version: str, newest: str) -> None:
    *perennial, legacy = Wheels("arm64").platforms(version)
    assert (perennial[0], perennial[-1]) == ("manylinux_2_17_aarch64", newest)
    assert legacy == "manylinux2014_aarch64"


@pytest.mark.parametrize("version", PYTHONS)
def test_functions_run_on_a_python_that_the_tests_run_on(version: tuple[int, int]) -> None:
    check_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(DeployError, match=r"This is Python 3\.1[04]; .*3\.11, 3\.12, 3\.13"):
        check_python(version)
