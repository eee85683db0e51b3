"""glibc's allocator, told to give back more of what a job took for a moment.

By default, blocks of 64 to 128 kB lie in the heaps of a job's 12 threads, among small things that
stay, and leave holes: a process grows by 8 % in its first 100 clients. As mappings of their own
they go back at once. Allocators other than glibc's take no notice.
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
