"""The bundle that is deployed: what is in it, and that the app runs from it.

Its dependencies come from the package index; nothing else leaves this machine.
"""

import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT, Measured
from tests.e2e.conftest import HERE, package_for

FUNCTIONS = json.loads((ROOT / ".chalice/config.json").read_text(encoding="utf-8"))[
    "lambda_functions"
]
MEGABYTE = 1_000_000
ELF_MACHINE = slice(18, 20)
MACHINES = {"arm64": b"\xb7\0", "x86_64": b"\x3e\0"}


def test_the_bundle_is_small(bundle: Path, measured: Measured) -> None:
    size = bundle.stat().st_size / MEGABYTE
    weights: Counter[str] = Counter()
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            weights[entry.filename.split("/", 1)[0]] += entry.compress_size
    heaviest = ", ".join(f"{n} {w / MEGABYTE:.1f}" for n, w in weights.most_common(4))
    measured(f"Lambda bundle: {size:.1f} MB zipped ({heaviest})")
    assert size < 50


def test_the_bundle_leaves_out_what_lambda_does_not_run(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        packages = {name.split("/", 1)[0].lower() for name in archive.namelist()}
        assert "chalicelib/certs/rds-bundle.pem" in archive.namelist()
    assert packages.isdisjoint(
        {"boto3", "botocore", "neonize", "moto", "pytest", "mypy", "local", "tests"}
    )
    assert {"app.py", "chalice", "chalicelib"} <= packages


def test_nothing_in_the_bundle_was_compiled_on_this_machine(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        assert [name for name in archive.namelist() if name.endswith(".pyc")] == []


def test_the_bundle_says_nothing_of_when_and_where_it_was_made(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        entries, names = archive.infolist(), archive.namelist()
        records = [archive.read(n).decode() for n in names if n.endswith(".dist-info/RECORD")]
    assert names == sorted(names)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert records
    assert not [line for record in records for line in record.splitlines() if "bin/" in line]


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_every_library_in_the_bundle_is_for_its_architecture(
    architecture: str, bundle: Path, tmp_path: Path
) -> None:
    made = bundle if architecture == HERE else package_for(architecture, tmp_path / "packaged")
    with zipfile.ZipFile(made) as archive:
        libraries = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
        machines = {archive.read(name)[ELF_MACHINE] for name in libraries}
        others = [n for n in archive.namelist() if n.endswith((".pyd", ".dylib", ".dll"))]
    assert any("pydantic_core" in name for name in libraries)
    assert (machines, others) == ({MACHINES[architecture]}, [])


IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import alembic.command, app, chalicelib, pg8000.dbapi
host_only = {"chalicelib.recap.forms." + name for name in ("canvas", "picture")}
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    if ".migrations" not in module.name and module.name not in host_only:
        importlib.import_module(module.name)
print(*sorted(app.app.handler_map))
"""


def test_the_app_imports_from_the_bundle_and_nothing_else(unpacked: Path) -> None:
    """Not even boto3, which only the functions that call AWS import, and Lambda's runtime has."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(unpacked)],
        capture_output=True,
        text=True,
        check=False,
        env={"CICERO_STAGE": "dev"},
    )
    assert (ran.returncode, ran.stdout.split()) == (0, sorted(FUNCTIONS)), ran.stderr
