"""Errors that a person reads.

    CiceroError
    ├── BadInput             an input cannot be used; names the field and the fix
    ├── ConfigurationError   the settings cannot be used; lists every field
    └── DatabaseUnavailable  PostgreSQL did not respond; the transaction was rolled back

The APIs' errors have their own tree in `chalicelib.social.errors`.
"""


class CiceroError(Exception):
    """Base of every error that this service raises on purpose; its text may be shown to people."""

    kind = "error"


class BadInput(CiceroError):
    """An input cannot be used. Nothing was written.

    The text reads "<field>: <problem>. <fix>".
    """

    kind = "bad_input"

    def __init__(self, field: str, problem: str, fix: str = "") -> None:
        self.field = field
        super().__init__(f"{field}: {problem}." + (f" {fix}" if fix else ""))


class ConfigurationError(CiceroError):
    """The settings cannot be used; the text lists every field that is missing or wrong."""

    kind = "configuration"


class DatabaseUnavailable(CiceroError):
    """PostgreSQL could not be reached, or was lost in mid-transaction (which was rolled back)."""

    kind = "database"


class Conflict(CiceroError):
    """Another worker has changed what a decision was based on: decide again."""
