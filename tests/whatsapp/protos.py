"""The library's protobuf schemas, without the library.

`import neonize.proto` would load the Go library into the test process; its schema modules are
independent, in a separate directory from which the library itself imports them the same way.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any


def _schema(name: str) -> Any:
    spec = importlib.util.find_spec("neonize")
    if spec is None or spec.origin is None:
        raise ImportError("neonize is not installed")
    directory = str(Path(spec.origin).parent / "proto")
    if directory not in sys.path:
        sys.path.append(directory)
    return importlib.import_module(name)


adv = _schema("waAdv.WAAdv_pb2")
cert = _schema("waCert.WACert_pb2")
e2e = _schema("waE2E.WAWebProtobufsE2E_pb2")
wa6 = _schema("waWa6.WAWebProtobufsWa6_pb2")
