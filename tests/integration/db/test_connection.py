"""The connection over a real PostgreSQL: its settings, its losses, and every query there is."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import aiosql
import pg8000.native
import pytest

from chalicelib.db import Database
from chalicelib.db.driver import ANSWER_SECONDS, connect, connect_arguments
from chalicelib.errors import CiceroError, ConfigurationError, DatabaseUnavailable
from local.services import EmbeddedPostgres
from tests.conftest import ROOT
from tests.integration.tables import Tables

QUERIES = ROOT / "chalicelib" / "db" / "queries"
NAMED = sorted(
    f"{file.stem}.{name}"
    for file in QUERIES.glob("*.sql")
    for name in re.findall(r"^-- name: (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
)
SOURCES = [
    source
    for folder in ("chalicelib", "wa_session_host", "local")
    for source in (ROOT / folder).rglob("*.py")
]

SSL_REQUEST = (80877103).to_bytes(4, "big")  # what a client says first where it wants TLS


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database("connections", template="migrated")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database connection that the test may lose."""
    connection = Database(url)
    yield connection
    connection.close()


@pytest.fixture
def tables(url: str) -> Iterator[Tables]:
    """The same database over another connection."""
    connection = Database(url)
    yield Tables(connection)
    connection.close()


@pytest.fixture(scope="module")
def preparing(url: str) -> Iterator[Any]:
    """The driver's own connection, which can prepare."""
    connection = connect(pg8000.native.Connection, connect_arguments(url))
    yield connection
    connection.close()


def ask(database: Database, sql: str) -> object:
    """The only value, in a transaction of its own."""
    return Tables(database).value(sql)


def kill(tables: Tables, pid: object) -> None:
    """Ends another connection's backend, and returns when it has ended."""
    assert tables.value("SELECT pg_terminate_backend(:pid, 5000)", pid=pid) is True


def backend(database: Database) -> object:
    """The backend of the open transaction."""
    return database.execute("SELECT pg_backend_pid() AS pid")[0]["pid"]


def add_client(
    database: Database, client_id: str, happens: Callable[[], None] = lambda: None, then: str = ""
) -> None:
    """A transaction that writes a client, in which something happens."""
    with database.transaction():
        database.execute("INSERT INTO clients (client_id, nama) VALUES (:id, 'x')", id=client_id)
        happens()
        if then:
            database.execute(then)


def client_ids(tables: Tables) -> list[str]:
    return tables.values("SELECT client_id FROM clients")


def test_every_connection_speaks_wib(database: Database) -> None:
    assert ask(database, "SELECT current_setting('TimeZone')") == "Asia/Jakarta"
    noon_utc = "SELECT CAST('2026-02-20 12:00+00'::timestamptz AS text)"
    assert ask(database, noon_utc) == "2026-02-20 19:00:00+07"


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
@pytest.mark.parametrize(
    "text",
    ["2026-02-20 12:00", "2026-02-20 12:00:00.5", "2026-02-20 12:00:00.123456", "12026-01-01",
     "infinity"],
)  # fmt: skip
def test_moments_are_those_that_the_driver_would_read(
    database: Database, url: str, kind: str, text: str
) -> None:
    sql = f"SELECT CAST('{text}' AS {kind}) AS moment"
    arguments = connect_arguments(url)
    plain = {name: arguments[name] for name in ("user", "password", "database", "startup_params")}
    where = {name: arguments[name] for name in ("host", "port", "unix_sock") if name in arguments}
    with closing(pg8000.native.Connection(**plain, **where)) as driver:
        assert [[ask(database, sql)]] == driver.run(sql)


def test_a_transaction_has_time_limits(database: Database) -> None:
    assert ask(database, "SHOW statement_timeout") == "30s"
    assert ask(database, "SHOW idle_in_transaction_session_timeout") == "30s"


def test_a_keyed_transaction_is_planned_for_indexes_and_leaves_no_setting_behind(
    database: Database,
) -> None:
    names = ("plan_cache_mode", "enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
    sql = "SELECT " + ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    [before] = Tables(database).run(sql)
    with database.transaction(keyed=True):
        [inside] = database.execute(sql)
        assert database.execute("SHOW statement_timeout") == [{"statement_timeout": "30s"}]
    assert inside == dict.fromkeys(names, "off") | {"plan_cache_mode": "force_generic_plan"}
    assert [before] == Tables(database).run(sql)


def test_rows_are_dicts_and_json_columns_are_python_values(database: Database) -> None:
    sql = (
        """SELECT 1 AS number, '{"likes": ["a", {"b": null}]}'::jsonb AS nested, ARRAY[1, 2] AS l"""
    )
    assert Tables(database).run(sql) == [
        {"number": 1, "nested": {"likes": ["a", {"b": None}]}, "l": [1, 2]}
    ]
    with database.transaction() as tx:
        assert tx.run("slots.known_slots", day_start="2026-01-01", day_end="2026-01-02") == []
        assert tx.first("slots.job_is_active", job_key="none") is None


def test_a_lost_connection_is_opened_again_between_transactions(
    database: Database, tables: Tables
) -> None:
    first = ask(database, "SELECT pg_backend_pid()")
    kill(tables, first)
    second = ask(database, "SELECT pg_backend_pid()")
    assert second != first


def test_a_connection_lost_in_mid_transaction_is_unavailable_and_rolled_back(
    database: Database, tables: Tables
) -> None:
    with pytest.raises(DatabaseUnavailable):
        add_client(database, "LOST", lambda: kill(tables, backend(database)), then="SELECT 1")
    assert "LOST" not in client_ids(tables)
    assert ask(database, "SELECT 1") == 1, "the next transaction has a new connection"


def test_a_connection_lost_before_its_commit_is_unavailable_and_rolled_back(
    database: Database, tables: Tables
) -> None:
    with pytest.raises(DatabaseUnavailable):
        add_client(database, "LOST", lambda: kill(tables, backend(database)))
    assert "LOST" not in client_ids(tables)


def test_a_connection_that_leads_to_a_server_that_only_reads_is_dropped(
    database: Database, tables: Tables
) -> None:
    with database.transaction():
        database.execute("SET default_transaction_read_only = on")  # as a replica has it
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        add_client(database, "READER")
    add_client(database, "WRITER")
    assert {"READER", "WRITER"} & set(client_ids(tables)) == {"WRITER"}


def test_a_refused_statement_rolls_back_and_the_connection_goes_on(database: Database) -> None:
    pid = ask(database, "SELECT pg_backend_pid()")
    with pytest.raises(CiceroError, match=r"refused a statement.*division by zero") as caught:
        add_client(database, "REFUSED", then="SELECT 1 / 0")
    assert not isinstance(caught.value, DatabaseUnavailable)
    assert "REFUSED" not in client_ids(Tables(database))
    assert ask(database, "SELECT pg_backend_pid()") == pid


def test_an_error_of_the_caller_rolls_back_and_comes_through(database: Database) -> None:
    def fail() -> None:
        raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        add_client(database, "CALLER", fail)
    assert "CALLER" not in client_ids(Tables(database))


def test_an_error_s_text_carries_no_parameter(database: Database) -> None:
    with pytest.raises(CiceroError) as caught, database.transaction():
        database.execute("SELECT CAST(:text AS integer)", text="+628120000x")
    assert "628120000x" not in str(caught.value)


def test_round_trips_count_begin_every_statement_and_the_end(database: Database) -> None:
    with database.transaction():
        pass
    assert database.round_trips == 2
    with database.transaction() as tx:
        tx.run("slots.active_clients")
    assert database.round_trips == 5
    with pytest.raises(LookupError), database.transaction():
        raise LookupError
    assert database.round_trips == 7


def test_a_repeated_query_stays_prepared_and_answers_the_same(database: Database) -> None:
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%job_key%'"
    seen = []
    for _ in range(3):
        with database.transaction() as tx:
            assert tx.first("slots.job_is_active", job_key="none") is None
            seen.append(database.execute(prepared)[0]["count"])
    assert seen == [0, 1, 1]


def test_a_prepared_query_survives_a_migration_that_changes_its_columns(
    database: Database, tables: Tables
) -> None:
    def is_active() -> object:
        with database.transaction() as tx:
            row = tx.first("slots.job_is_active", job_key="changed")
        return row and row["is_active"]

    tables.run("INSERT INTO cron_job_config VALUES ('changed', 'x', true)")
    assert [is_active(), is_active()] == [True, True]
    alter = "ALTER TABLE cron_job_config ALTER is_active TYPE text USING is_active::text"
    tables.run(alter)
    try:
        with pytest.raises(DatabaseUnavailable):
            is_active()
        assert is_active() == "true"
    finally:
        tables.run("ALTER TABLE cron_job_config ALTER is_active TYPE boolean USING true")


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql://x@127.0.0.1:9/none", reconnect_seconds=0)
    with pytest.raises(DatabaseUnavailable, match="Check DATABASE_URL"), database.transaction():
        pass


def test_the_next_transaction_after_an_outage_finds_the_database_again(
    postgres: EmbeddedPostgres, url: str
) -> None:
    database = Database(url, reconnect_seconds=0)
    with pytest.raises(DatabaseUnavailable):
        ask(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert ask(database, "SELECT 1") == 1
    database.close()


def test_a_closed_database_opens_again(database: Database) -> None:
    first = ask(database, "SELECT pg_backend_pid()")
    database.close()
    database.close()
    assert ask(database, "SELECT pg_backend_pid()") != first


def test_a_server_that_says_nothing_is_given_up_after_the_answer_s_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        url = f"postgresql://x@127.0.0.1:{server.getsockname()[1]}/d"
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            ask(Database(url, reconnect_seconds=0, answer_seconds=0.3), "SELECT 1")
    assert 0.3 <= time.monotonic() - started < ANSWER_SECONDS


def test_a_url_becomes_host_port_and_decoded_names() -> None:
    arguments = connect_arguments("postgresql://ci%40cero:p%2Fw@db.example:6432/cice%20ro")
    assert {name: arguments[name] for name in ("user", "password", "host", "port", "database")} == {
        "user": "ci@cero",
        "password": "p/w",
        "host": "db.example",
        "port": 6432,
        "database": "cice ro",
    }
    assert arguments["startup_params"] == {"TimeZone": "Asia/Jakarta"}
    assert arguments["timeout"] > 0
    plain = connect_arguments("postgres://x@db.example/name")
    assert (plain["password"], plain["port"]) == (None, 5432)


def test_a_host_that_is_a_directory_is_a_unix_socket() -> None:
    arguments = connect_arguments("postgresql://x@/name?host=/var/run/pg&port=5432")
    assert arguments["unix_sock"] == "/var/run/pg/.s.PGSQL.5432"
    assert "host" not in arguments


@pytest.mark.parametrize(
    ("mode", "asks"),
    [("", True), ("?sslmode=disable", False), ("?sslmode=require", True)],
)
def test_tls_is_asked_for_only_where_the_sslmode_wants_it(mode: str, asks: bool) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        url = f"postgresql://x@127.0.0.1:{server.getsockname()[1]}/d{mode}"
        heard: list[bytes] = []

        def hear_and_hang_up() -> None:
            with server.accept()[0] as connection:
                heard.append(connection.recv(8))

        listening = Thread(target=hear_and_hang_up)
        listening.start()
        with pytest.raises(DatabaseUnavailable):
            ask(Database(url, reconnect_seconds=0), "SELECT 1")
        listening.join()
    assert (heard[0][4:] == SSL_REQUEST) is asks


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h/d",
        "postgresql://x@h",
        "postgresql://x@h/",
        "postgresql://x@h:port/d",
        "postgresql://x@h/d?sslmode=on",
    ],
    ids=["no user", "no database", "only a slash", "a port of letters", "an unknown sslmode"],
)
def test_a_url_that_cannot_be_used_is_a_configuration_error_that_names_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        connect_arguments(url)


@pytest.mark.parametrize("name", NAMED)
def test_postgresql_understands_the_query(name: str, preparing: Any) -> None:
    file, query = name.split(".")
    loaded = aiosql.from_path(QUERIES / f"{file}.sql", "pg8000")
    preparing.prepare(getattr(loaded, query).sql).close()


def test_every_query_is_used() -> None:
    texts = [source.read_text(encoding="utf-8") for source in SOURCES]
    unused = [name for name in NAMED if not any(_names(text, name) for text in texts)]
    assert unused == []


def _names(text: str, query: str) -> bool:
    """Whether the source runs the query, by its name or by its platform's."""
    file, name = query.split(".")
    by_platform = file in ("instagram", "tiktok") and f'"{{platform}}.{name}"' in text
    return by_platform or f'"{query}"' in text


def test_a_transaction_inside_another_is_refused_and_the_outer_one_goes_on(
    database: Database, tables: Tables
) -> None:
    tables.run("CREATE TABLE IF NOT EXISTS nested (number integer)")
    with database.transaction():
        database.execute("INSERT INTO nested VALUES (1)")
        with pytest.raises(RuntimeError, match="open already"), database.transaction():
            raise AssertionError("it was opened")
        assert tables.count("nested") == 0
        database.execute("INSERT INTO nested VALUES (2)")
    assert tables.count("nested") == 2


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt])
def test_after_a_transaction_that_failed_another_may_begin(
    database: Database, ending: type[BaseException]
) -> None:
    with pytest.raises(ending), database.transaction():
        raise ending
    assert ask(database, "SELECT 1") == 1
