"""Where sessions lie: a file or a schema for each account that the settings take."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.settings import Settings
from tests.unit.builders import always
from wa_session_host.session.store import open_store, schema_name

accounts = st.text(st.sampled_from("aAbB1_.-"), min_size=1, max_size=3)


def test_a_session_lies_in_a_file_of_its_account_that_nobody_else_may_read(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "wa"
    store = open_store("wa-gateway", str(directory), "postgresql://unused")
    [file] = directory.iterdir()
    assert store.startswith(f"{directory}/wa-gateway.sqlite3?")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (directory, file)] == [0o700, 0o600]


def test_a_schema_needs_no_quotes() -> None:
    assert schema_name("gateway") == "wa_session_gateway"
    assert schema_name("Wa-Gateway.1") == "wa_session_wa_gateway_1"


@always
@given(accounts, accounts)
def test_no_two_accounts_share_a_schema_or_a_file_whatever_the_file_system(
    gateway: str, log: str
) -> None:
    assume(gateway != log)
    try:
        Settings(
            database_url="postgresql://x@h/unused",
            rapidapi_key="unused",
            gateway_wa_client_id=gateway,
            wa_log_client_id=log,
        )
    except ValidationError:
        return
    assert schema_name(gateway) != schema_name(log)
    assert gateway.lower() != log.lower()
