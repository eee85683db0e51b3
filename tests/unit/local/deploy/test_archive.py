import hashlib
import os
import zipfile
from pathlib import Path

from local.deploy.functions import package


def bundle(directory: Path, names: list[str], mode: int, time: int) -> str:
    """The digest of the bundle of an app with these modules, written in this order."""
    (directory / "chalicelib").mkdir(parents=True)
    (directory / "requirements.txt").write_text("")
    for name in ("app.py", *(f"chalicelib/{name}" for name in names)):
        (directory / name).write_text(f"# {name}")
        (directory / name).chmod(mode)
        os.utime(directory / name, (time, time))
    return hashlib.sha256(package(directory, "arm64").read_bytes()).hexdigest()


def test_equal_files_make_equal_bundles_wherever_and_whenever(tmp_path: Path) -> None:
    names = [f"module{number}.py" for number in range(20)]
    one = bundle(tmp_path / "one", names, 0o644, 1_700_000_000)
    other = bundle(tmp_path / "other", names[::-1], 0o600, 1_800_000_000)
    assert one == other
    assert one != bundle(tmp_path / "renamed", [*names[:-1], "other.py"], 0o644, 0)


def test_every_file_of_a_bundle_can_be_read_by_lambda(tmp_path: Path) -> None:
    bundle(tmp_path / "one", ["module.py"], 0o600, 0)
    [file] = (tmp_path / "one/.chalice/deployments").iterdir()
    with zipfile.ZipFile(file) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert archive.read("chalicelib/module.py") == b"# chalicelib/module.py"
