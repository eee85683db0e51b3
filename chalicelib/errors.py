"""Errors that a person reads.

    CiceroError
    ├── BadInput             what was handed in cannot be used; names the field and the fix
    ├── ConfigurationError   the settings cannot be used; lists every field
    └── DatabaseUnavailable  PostgreSQL did not answer; nothing of the transaction was kept

The APIs' errors have their own tree in `chalicelib.social.errors`.
"""


class CiceroError(Exception):
    """Base of every error that this service raises on purpose; its text is fit to show."""

    kind = "error"


class BadInput(CiceroError):
    """Something handed in cannot be used. Nothing was written.

    The text reads "<field>: <problem>. <fix>".
    """

    kind = "bad_input"

    def __init__(self, field: str, problem: str, fix: str = "") -> None:
        self.field = field
        super().__init__(f"{field}: {problem}." + (f" {fix}" if fix else ""))


class ConfigurationError(CiceroError):
    """The settings are unusable; the text lists every field that is missing or wrong."""

    kind = "configuration"


class DatabaseUnavailable(CiceroError):
    """PostgreSQL could not be reached, or went away in mid-transaction (which rolled back)."""

    kind = "database"


class Conflict(CiceroError):
    """What a decision rested on was changed by another worker meanwhile: decide again."""
