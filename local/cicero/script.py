"""`python -m local.cicero.script`: puts the console script `cicero` into this environment.

The project is no package, so no installer does it; the script runs the code of the directory that
its environment lies in.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

_SCRIPT = """#!{python}
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[2]))

if __name__ == "__main__":  # the workers that a command starts load this file, too
    from local.cicero.main import main

    sys.exit(main())
"""


def install(directory: Path, python: str) -> Path:
    """Writes the script into a directory of programs, for this interpreter; returns its path."""
    script = directory / "cicero"
    script.write_text(_SCRIPT.format(python=python), encoding="utf-8")
    script.chmod(0o755)
    return script


if __name__ == "__main__":
    install(Path(sysconfig.get_path("scripts")), sys.executable)
