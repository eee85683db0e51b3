"""Three colours, so that nothing is green because nothing ran or nothing was checked. Pure."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """`VERIFIED`: it ran, and what it should have read was read to its end. `UNVERIFIED`: it ran,
    but with errors, incompletely, or too long ago. `NEVER`: it did not run, or nothing is known."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    NEVER = "never"
