"""The two databases that exist, as empty tables: `fetch_service`, of the service that this one
takes the place of, and `dashboard`, the dashboard's own. Built from their catalogue
(tests/samples/existing_catalogue.json): columns, defaults, constraints, indexes and triggers."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal

from tests.conftest import ROOT

Existing = Literal["fetch_service", "dashboard"]
EXISTING: tuple[Existing, ...] = ("fetch_service", "dashboard")

_SET_UPDATED_AT = """CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.updated_at = NOW(); RETURN NEW; END $$"""


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """{database: {table: {columns, constraints, indexes, triggers}}}."""
    path = ROOT / "tests" / "samples" / "existing_catalogue.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return found


def tables(database: Existing) -> str:
    """The SQL that makes the database's tables, all that hangs on them included."""
    known = catalogue()[database]
    sequences = {s for t in known.values() for c in t["columns"].values() for s in _sequence(c)}
    constraints = [(name, c) for name, table in known.items() for c in table["constraints"]]
    made_by_constraints = _indexes_of_constraints(known)
    functions = {f for t in known.values() for f in map(_function, t.get("triggers", []))}
    statements = [
        *(f"CREATE SEQUENCE {name}" for name in sorted(sequences)),
        *(_table(name, table["columns"]) for name, table in known.items()),
        *(f'ALTER TABLE "{n}" ADD {c}' for n, c in constraints if "FOREIGN KEY" not in c),
        *(f'ALTER TABLE "{n}" ADD {c}' for n, c in constraints if "FOREIGN KEY" in c),
        *(i for t in known.values() for i in t["indexes"] if _name(i) not in made_by_constraints),
        *(_SET_UPDATED_AT.format(name) for name in sorted(functions)),
        *(trigger for table in known.values() for trigger in table.get("triggers", [])),
    ]
    return ";\n".join(statements) + ";"


def has(database: Existing, table: str) -> bool:
    """Whether the database has the table."""
    return table in catalogue()[database]


def _table(name: str, columns: dict[str, str]) -> str:
    body = ", ".join(f'"{column}" {definition}' for column, definition in columns.items())
    return f'CREATE TABLE "{name}" ({body})'


def _sequence(column: str) -> list[str]:
    return re.findall(r"nextval\('(\w+)'", column)


def _function(trigger: str) -> str:
    return trigger.rsplit("EXECUTE FUNCTION ", 1)[1].removesuffix("()")


def _name(index: str) -> str:
    return str(re.findall(r"INDEX (\S+) ON", index)[0])


def _indexes_of_constraints(known: dict[str, Any]) -> set[str]:
    """The unique indexes that come with primary keys and UNIQUE constraints."""
    found = set()
    for table in known.values():
        columns = [
            re.findall(r"\((.*)\)", constraint)[0]
            for constraint in table["constraints"]
            if constraint.startswith(("PRIMARY KEY", "UNIQUE"))
        ]
        for index in table["indexes"]:
            if "UNIQUE" in index and index.endswith(tuple(f"btree ({c})" for c in columns)):
                found.add(_name(index))
    return found
