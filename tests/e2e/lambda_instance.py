"""A Lambda instance as the bundle finds it: BUNDLE and RUNTIME on the path and nothing else.

Run with `-I -S`. Reads `[handler, event]` a line, answers `[value, error]` a line. The last line is
where every module was loaded from that neither Python nor these two directories brought.
"""

import json
import sys
import sysconfig
import time

SECONDS = 60


class Context:
    """The parts of Lambda's context object that handlers use."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, function_name: str) -> None:
        self.function_name = function_name
        self._ends = time.monotonic() + SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - time.monotonic()))


def main(bundle: str, runtime: str) -> None:
    sys.path += [bundle, runtime]
    import app

    for line in sys.stdin:
        handler, event = json.loads(line)
        value, error = None, None
        try:
            value = getattr(app, handler)(event, Context(handler))
        except Exception as problem:  # noqa: BLE001  as Lambda does
            error = f"{type(problem).__name__}: {problem}"
        sys.stdout.write(json.dumps([value, error]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps(loaded_from_elsewhere(bundle, runtime)))


def loaded_from_elsewhere(*allowed: str) -> list[str]:
    python = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
    files = {str(getattr(module, "__file__", None) or __file__) for module in sys.modules.values()}
    others = (file for file in files - {__file__} if not file.startswith(allowed))
    return [file for file in others if not file.startswith(python) or "site-packages" in file]


if __name__ == "__main__":
    main(*sys.argv[1:])
