"""The answers that a backfill has got, kept in the database until its client is done.

A backfill that was killed plays them again: everything goes as before, and no call that was
answered is made twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Lock
from typing import Any

from chalicelib.runtime import Runtime
from chalicelib.social.errors import BudgetSpent
from chalicelib.social.recorded import Answer, Call

KEPT_FOR = timedelta(hours=12)
"""An older answer is asked for again."""


class Allowance:
    """How many calls may still be made; None: as many as it takes."""

    def __init__(self, calls: int | None) -> None:
        self._left = calls
        self.made = 0
        self._lock = Lock()

    def take(self) -> None:
        """Counts a call that is about to be made. Raises BudgetSpent if none may be."""
        with self._lock:
            if self._left is not None and self.made >= self._left:
                raise BudgetSpent(f"the {self._left} calls that may be made are made")
            self.made += 1


class Journal:
    """One client's tape (`social.recorded`). Uses the runtime's database, which must be idle while
    calls are made."""

    def __init__(self, runtime: Runtime, client_id: str, allowance: Allowance) -> None:
        self._runtime = runtime
        self._client_id = client_id
        self._allowance = allowance
        self._lock = Lock()

    def play(self, call: Call, kind: type[Answer], ask: Callable[[], Answer]) -> Answer:
        from pydantic import TypeAdapter, ValidationError

        form: TypeAdapter[Answer] = TypeAdapter(kind)
        named = {"client_id": self._client_id, "call": json.dumps(call)}
        since = self._runtime.now() - KEPT_FOR
        if kept := self._run("backfill.kept_call", **named, since=since):
            with suppress(ValidationError):  # another version's form: asked for again
                return form.validate_json(kept[0]["answer"])
        self._allowance.take()
        answer = ask()
        text = form.dump_json(answer).decode().replace("\\u0000", "")
        self._run("backfill.keep_call", **named, answer=text, now=self._runtime.now())
        return answer

    def _run(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._lock, self._runtime.db.transaction() as tx:
            return tx.run(query, **parameters)
