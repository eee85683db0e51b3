"""npm packages that local services run, in pinned versions, fetched once per machine."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from local.services.process import ServiceError

FETCH_SECONDS = 120.0


def fetch(package: str, offline: bool = False) -> Path:
    """The directory of `name@version`; npx fetches it if it is missing, unless `offline`. Raises
    ServiceError if there is no npx, or npm does not answer."""
    npx = shutil.which("npx")
    if npx is None:
        raise ServiceError("no npx on PATH")
    network = "--offline" if offline else "--prefer-offline"
    command = [npx, "--yes", network, f"--package={package}", "--", "node", "-p"]
    try:
        done = subprocess.run(
            [*command, "process.env.PATH"],
            cwd=tempfile.gettempdir(),  # npx would use a package.json of the caller's directory
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ServiceError(f"npx could not fetch {package} in {FETCH_SECONDS:g} s") from None
    if done.returncode != 0:
        raise ServiceError(f"npx could not fetch {package}: {done.stderr.strip()[-300:]}")
    programs = Path(done.stdout.split(":")[0])  # npx puts the package's programs first on PATH
    return programs.parent / package.rpartition("@")[0]
