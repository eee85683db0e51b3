"""The bundle's dependencies, for Lambda's Linux from any machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from local.deploy.account import DeployError

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_AMAZON_LINUX_2 = {"3.11": 26}  # the minor version of its glibc; later Pythons have 2.34
_AMAZON_LINUX_2023 = 34
_OLDEST_GLIBC = 17


class Wheels:
    """What Chalice's packager asks for dependencies. Chalice's own builder takes a wheel that fits
    only Lambda by name and version; here each is checked against its hash."""

    def __init__(self, architecture: str) -> None:
        self._machine = _MACHINES[architecture]

    def build_site_packages(
        self, abi: str, requirements_filepath: str, target_directory: str
    ) -> None:
        """Installs the wheels for `abi`, such as cp313. Raises DeployError with pip's own words if
        one does not exist, cannot be had, or is not what its hash says."""
        if not _requirements(Path(requirements_filepath)):
            return
        version = re.sub(r"cp3(\d+)", r"3.\1", abi)
        options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes"]
        options += ["--implementation=cp", f"--python-version={version}"]
        options += [f"--platform={name}" for name in self.platforms(version)]
        options += ["--target", target_directory, "-r", requirements_filepath]
        ran = subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", *options],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise DeployError("\n".join((ran.stdout + ran.stderr).strip().splitlines()[-12:]))
        _remove_commands(Path(target_directory))

    def platforms(self, version: str) -> list[str]:
        """The tags of wheels that Lambda's glibc can load; pip does not derive older ones."""
        newest = _AMAZON_LINUX_2.get(version, _AMAZON_LINUX_2023)
        perennial = [
            f"manylinux_2_{minor}_{self._machine}" for minor in range(_OLDEST_GLIBC, newest + 1)
        ]
        return [*perennial, f"manylinux2014_{self._machine}"]


def _remove_commands(directory: Path) -> None:
    """Removes commands such as `alembic`, which name this machine's Python, and their hashes."""
    shutil.rmtree(directory / "bin", ignore_errors=True)
    for record in directory.glob("*.dist-info/RECORD"):
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("../../bin/")]
        record.write_text("".join(kept), encoding="utf-8")


def _requirements(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
