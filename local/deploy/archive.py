"""The zip that a bundle is: equal files give equal bytes, on any machine with the same zlib."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from chalice.utils import OSUtils

_READABLE = 0o100644 << 16


class Archive(zipfile.ZipFile):
    """Written when it is closed: in order of names, all of one time and one mode. Chalice's own
    zip keeps the order of the directory and the modes that a umask has left."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._waiting: dict[str, Path] = {}
        super().__init__(*arguments, **options)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        self._waiting[str(arcname)] = Path(filename)

    def close(self) -> None:
        for name in sorted(self._waiting):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = _READABLE
            content = self._waiting[name].read_bytes()
            self.writestr(entry, content, zipfile.ZIP_DEFLATED)
        self._waiting.clear()
        super().close()


class ArchiveUtils(OSUtils):
    """Chalice's access to files, with `Archive` for its zips."""

    def open_zip(self, filename: str, mode: Any, compression: int = zipfile.ZIP_DEFLATED) -> Any:
        return Archive(filename, mode, compression)
