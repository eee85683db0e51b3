"""What a cold start of Lambda costs: the time of `import app`, the size of the bundle."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from local.deploy.functions import package
from local.deploy.project import write_project
from local.deploy.stages import load_stage
from local.environment import own_environment
from local.resources import default_region
from local.services import ServiceError

ROOT = Path(__file__).resolve().parents[2]
RUNS = 10
_IMPORT = "import time; t = time.perf_counter(); import app; print(time.perf_counter() - t)"


def import_milliseconds(runs: int = RUNS) -> float:
    """The median of `runs` fresh processes."""
    times = [float(_run(sys.executable, "-c", _IMPORT)) for _ in range(runs)]
    return 1000 * median(times)


def bundle_bytes() -> int:
    """The size of the bundle as it is deployed; asks the package index."""
    with tempfile.TemporaryDirectory() as name:
        stage = load_stage(ROOT, "dev")
        write_project(ROOT, Path(name), stage, account="0" * 12)
        return package(Path(name), stage.architecture).stat().st_size


def _run(*command: str, cwd: Path = ROOT) -> str:
    environment = own_environment() | {"AWS_DEFAULT_REGION": default_region()}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
