"""The platforms that clients post on, under the names that tables, settings and texts use."""

from __future__ import annotations

from typing import Literal, get_args

Platform = Literal["instagram", "tiktok"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
