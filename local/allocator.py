"""glibc's allocator, told to give back what a large answer of an API took.

A page of a list is 64 to 128 kB of text. By default that lies in the heap of the thread that read
it, among small things that stay, so each of a job's 12 threads keeps ever more holes, for hundreds
of clients. Allocators other than glibc's take no notice.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

SETTINGS = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}
"""The environment of the deployed functions, in bytes; a set threshold does not rise by itself."""

_OPTIONS = {"MALLOC_ARENA_MAX": -8, "MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1}


def tune_allocator() -> None:
    """Gives this process what its environment could have said only before it started."""
    program: Any = ctypes.CDLL(None)
    if sys.platform.startswith("linux") and hasattr(program, "mallopt"):
        for name, option in _OPTIONS.items():
            program.mallopt(option, int(SETTINGS[name]))
