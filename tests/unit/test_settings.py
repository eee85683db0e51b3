"""Settings from the environment and .env: what is listed, what wins, what is never shown."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from pydantic import AliasChoices

from chalicelib.errors import ConfigurationError
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.settings import Settings, load_settings

NEEDED = {
    "DATABASE_URL": "postgresql://cicero:secret@127.0.0.1:5432/cicero",
    "RAPIDAPI_KEY": "rapid-secret",
}
WRONG = {
    "DATABASE_URL": "mysql://cicero:hunter2@127.0.0.1/cicero",
    "REDIS_URL": "http://:hunter2@127.0.0.1",
    "RAPIDAPI_REQUESTS_PER_SECOND": "0",
    "RAPIDAPI_DAILY_BUDGET": "0",
    "RAPIDAPI_TIMEOUT_SECONDS": "-1",
    "RAPIDAPI_ATTEMPTS": "eleven",
    "GATEWAY_WA_CLIENT_ID": "polri gateway",
    "WA_LOG_CLIENT_ID": "../log",
    "WA_STRICT_SINGLE_OWNER": "perhaps",
    "WA_POLL_SECONDS": "21",
    "TASK_LIST_WINDOW_START": "25:00",
    "TASK_LIST_WINDOW_END": "noon",
    "CRON_STATUS_LOOKUP_STRATEGY": "fail",
    "SAFE_DELETE_MAX_PERCENT": "101",
    "AUDIT_RETENTION_DAYS": "0",
    "RUN_RETENTION_DAYS": "0",
    "CICERO_STAGE": "Prod!",
    "CICERO_NOW": "2026-02-20T17:00:00",
    "LOG_LEVEL": "LOUD",
}


def names() -> set[str]:
    """Every environment name that the settings listen to."""
    known = {name.upper() for name in Settings.model_fields}
    for field in Settings.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices):
            known |= {str(choice) for choice in field.validation_alias.choices}
    return known


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with just what is needed."""
    for name in names() | {"AWS_LAMBDA_FUNCTION_NAME"}:
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refusal(env_file: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_settings(env_file)
    return str(error.value)


def write(directory: Path, *lines: str) -> Path:
    file = directory / ".env"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_two_settings_are_enough() -> None:
    settings = load_settings(None)
    assert settings.database_url == NEEDED["DATABASE_URL"]
    assert settings.rapidapi_key == NEEDED["RAPIDAPI_KEY"]
    for platform, one in DESCRIPTIONS.items():
        assert settings.api_hosts(platform) == [(one.api_host, settings.rapidapi_key)]
    assert (settings.redis_url, settings.cicero_now) == (None, None)


def test_the_defaults_are_the_designs() -> None:
    settings = load_settings(None)
    assert (settings.task_list_window_start, settings.task_list_window_end) == (
        time(6),
        time(17, 59),
    )
    assert settings.safe_delete_max_percent == 40
    assert settings.cron_status_lookup_strategy == "fail_open"
    assert (settings.audit_retention_days, settings.run_retention_days) == (30, 90)
    assert settings.outbox_retention_days == 90
    assert settings.wa_strict_single_owner is False


def test_every_missing_setting_is_listed_at_once(env: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        env.delenv(name)
    text = refusal()
    assert "DATABASE_URL is not set" in text
    assert "RAPIDAPI_KEY is not set" in text


def test_every_wrong_setting_is_listed_at_once_beside_the_missing(env: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        env.setenv(name, value)
    env.delenv("RAPIDAPI_KEY")
    lines = refusal().splitlines()
    for name in WRONG:
        assert sum(line.startswith(f"  {name}: ") for line in lines) == 1, name
    assert "  RAPIDAPI_KEY is not set" in lines
    assert len(lines) == len(WRONG) + 1 + 2


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_setting_is_named_alone(name: str, env: pytest.MonkeyPatch) -> None:
    env.setenv(name, WRONG[name])
    [_, problem, _] = refusal().splitlines()
    assert problem.startswith(f"  {name}: ")


def test_values_are_never_in_an_error_text(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in WRONG.items():
        env.setenv(name, value)
    env.setenv("RAPIDAPI_KEY", "rapid-secret")
    text = refusal(write(tmp_path, "ADMIN_WHATSAPP=081200000001", "RAPIDAPI_ATTEMPTS=hunter3"))
    for secret in ("hunter2", "hunter3", "rapid-secret", "081200000001", "eleven", "mysql"):
        assert secret not in text


@pytest.mark.parametrize(
    ("alias", "value", "field", "expected"),
    [
        ("NODE_ENV", "production", "app_env", "production"),
        ("APP_ENV", "staging", "app_env", "staging"),
        ("WA_BAILEYS_STRICT_SINGLE_OWNER", "true", "wa_strict_single_owner", True),
        ("WA_STRICT_SINGLE_OWNER", "1", "wa_strict_single_owner", True),
    ],
)
def test_old_names_are_accepted_beside_the_new(
    alias: str, value: str, field: str, expected: object, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert getattr(load_settings(write(tmp_path, f"{alias}={value}")), field) == expected
    env.setenv(alias, value)
    assert getattr(load_settings(None), field) == expected


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"APP_ENV": "new"}, {"NODE_ENV": "old"}),
        ({"APP_ENV": "new", "NODE_ENV": ""}, {}),
    ],
)
def test_the_new_name_wins_over_the_old(
    new: dict[str, str], old: dict[str, str], env: pytest.MonkeyPatch
) -> None:
    for name, value in (old | new).items():
        env.setenv(name, value)
    assert load_settings(None).app_env == "new"


def test_an_empty_new_name_leaves_the_old_one_in_force(env: pytest.MonkeyPatch) -> None:
    env.setenv("APP_ENV", "")
    env.setenv("NODE_ENV", "old")
    assert load_settings(None).app_env == "old"


def test_empty_counts_as_unset(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("REDIS_URL", "RAPIDAPI_INSTAGRAM_HOST", "CICERO_STAGE", "CICERO_NOW"):
        env.setenv(name, "")
    settings = load_settings(write(tmp_path, "LOG_LEVEL=", "WA_LOG_CLIENT_ID="))
    assert settings.redis_url is None
    assert settings.api_hosts("instagram")[0][0] == DESCRIPTIONS["instagram"].api_host
    assert (settings.cicero_stage, settings.log_level) == ("local", "INFO")
    assert (settings.cicero_now, settings.wa_log_client_id) == (None, None)
    env.setenv("DATABASE_URL", "")
    assert "DATABASE_URL is not set" in refusal()


def test_the_env_file_fills_in_what_the_environment_does_not_say(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.delenv("RAPIDAPI_KEY")
    file = write(
        tmp_path,
        "RAPIDAPI_KEY=from-file",
        'ADMIN_WHATSAPP="081200000001, 081200000002"',
        "LOG_LEVEL=DEBUG",
    )
    env.setenv("LOG_LEVEL", "ERROR")
    settings = load_settings(file)
    assert settings.rapidapi_key == "from-file"
    assert settings.admin_whatsapp == "081200000001, 081200000002"
    assert settings.log_level == "ERROR"


def test_an_empty_environment_value_leaves_the_env_files_in_force(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("REDIS_URL", "")
    settings = load_settings(write(tmp_path, "REDIS_URL=redis://127.0.0.1:6379/0"))
    assert settings.redis_url == "redis://127.0.0.1:6379/0"


def test_the_environment_wins_over_the_env_file_under_either_name(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("NODE_ENV", "from-environment")
    env.setenv("WA_BAILEYS_STRICT_SINGLE_OWNER", "false")
    settings = load_settings(write(tmp_path, "APP_ENV=from-file", "WA_STRICT_SINGLE_OWNER=true"))
    assert settings.app_env == "from-environment"
    assert settings.wa_strict_single_owner is False


def test_a_missing_env_file_is_no_trouble(tmp_path: Path) -> None:
    assert load_settings(tmp_path / ".env").cicero_stage == "local"


def test_settings_of_others_in_the_env_file_are_left_alone(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "PORT=3000", "JWT_SECRET=x")).cicero_stage == "local"


@pytest.mark.parametrize("name", ["x" * 41, "grup/1", "a b", "a\nb", "ä", "a;DROP", 'a"b'])
def test_an_account_name_that_can_be_no_file_or_schema_is_refused(
    name: str, env: pytest.MonkeyPatch
) -> None:
    for field in ("GATEWAY_WA_CLIENT_ID", "WA_LOG_CLIENT_ID"):
        env.setenv(field, name)
        assert f"  {field}: " in refusal()


@pytest.mark.parametrize(("gateway", "log"), [("a-b", "a_b"), ("A", "a"), ("Wa.Log", "wa-log")])
def test_two_accounts_that_would_share_a_schema_are_refused(
    gateway: str, log: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("GATEWAY_WA_CLIENT_ID", gateway)
    env.setenv("WA_LOG_CLIENT_ID", log)
    [_, problem, _] = refusal().splitlines()
    assert problem.startswith("  WA_LOG_CLIENT_ID: differs from GATEWAY_WA_CLIENT_ID by case")


@pytest.mark.parametrize(("gateway", "log"), [("wa-gateway", "wa-log"), ("Polri.1", "Polri.1")])
def test_two_names_and_the_same_name_twice_are_accounts(
    gateway: str, log: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("GATEWAY_WA_CLIENT_ID", gateway)
    env.setenv("WA_LOG_CLIENT_ID", log)
    settings = load_settings(None)
    assert (settings.gateway_wa_client_id, settings.wa_log_client_id) == (gateway, log)


def test_a_simulated_now_is_for_local_runs_only(env: pytest.MonkeyPatch) -> None:
    env.setenv("CICERO_NOW", "2026-02-20T17:00+07:00")
    now = load_settings(None).cicero_now
    assert now is not None
    assert now.isoformat() == "2026-02-20T17:00:00+07:00"
    env.setenv("AWS_LAMBDA_FUNCTION_NAME", "cicero-fetch-prod-sweep")
    assert "CICERO_NOW: is for local runs only" in refusal()


def test_a_simulated_now_in_the_env_file_is_refused_on_aws_too(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("AWS_LAMBDA_FUNCTION_NAME", "cicero-fetch-prod-sweep")
    assert "CICERO_NOW" in refusal(write(tmp_path, "CICERO_NOW=2026-02-20T17:00+07:00"))


def test_the_edges_of_the_task_list_window_can_be_set(env: pytest.MonkeyPatch) -> None:
    env.setenv("TASK_LIST_WINDOW_START", "07:00")
    env.setenv("TASK_LIST_WINDOW_END", "18:30:00")
    settings = load_settings(None)
    assert (settings.task_list_window_start, settings.task_list_window_end) == (
        time(7),
        time(18, 30),
    )


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings(None).cicero_stage = "prod"  # type: ignore[misc]


# --- what is typed -----------------------------------------------------------------------------

SECRET = "hunter2"


@pytest.mark.parametrize(
    "around",
    ["\ufeff{}", "{}\n", "\n{}", "{}\r\n", "\u200b{}\u200e", "\u00a0{}\u202c", '"{}"', "'{}'"],
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:p@h/d"),
        ("REDIS_URL", "redis://127.0.0.1:6379/1"),
        ("RAPIDAPI_KEY", "rapid-secret"),
        ("RAPIDAPI_TIKTOK_HOST", "tiktok.example"),
        ("GATEWAY_WA_CLIENT_ID", "gateway-2"),
        ("CICERO_STAGE", "prod"),
        ("LOG_LEVEL", "DEBUG"),
    ],
)
def test_what_nobody_sees_around_a_value_is_taken_off(
    name: str, value: str, around: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv(name, around.format(value))
    assert getattr(load_settings(None), name.lower()) == value


@pytest.mark.parametrize("blank", [" ", "\n", "\u200b", "\u00a0", '""'])
def test_a_value_that_shows_nothing_is_not_set(blank: str, env: pytest.MonkeyPatch) -> None:
    env.setenv("REDIS_URL", blank)
    env.setenv("APP_ENV", blank)
    env.setenv("NODE_ENV", "old")
    settings = load_settings(None)
    assert (settings.redis_url, settings.app_env) == (None, "old")
    env.setenv("RAPIDAPI_KEY", blank)
    assert "RAPIDAPI_KEY is not set" in refusal()


AMISS = [
    *[("RAPIDAPI_KEY", f"{SECRET}{sign}x") for sign in ("\n", "\r\n", "\u200b", "\u00e4", "\t")],
    *[("RAPIDAPI_KEY", f"{SECRET}{blank}x") for blank in (" ", "\u00a0")],
    ("RAPIDAPI_TIKTOK_FALLBACK_KEY", f"{SECRET}\nx"),
    *[
        ("DATABASE_URL", url)
        for url in (
            f"postgresql://u:{SECRET}[x@h/d",
            f"postgresql://u:{SECRET}]x@h/d",
            f"postgresql://u:{SECRET}/x@h/d",
            f"postgresql://u:{SECRET}#x@h/d",
            f"postgresql://u:{SECRET}?x@h/d",
            f"postgresql://u:{SECRET}\nx@h/d",
            f"postgresql://u:{SECRET} x@h/d",
            f"postgresql://u:{SECRET}@h:notaport/d",
            f"postgresql://u:{SECRET}@h:0/d",
            f"postgresql://u:{SECRET}@h:70000/d",
            f"postgresql://u:{SECRET}@h:/d",
            f"postgresql://u:{SECRET}@/d",
            f"postgresql://u:{SECRET}@h",
            f"postgresql://u:{SECRET}@h/",
            f"postgresql://u:{SECRET}@h/d/e",
            f"postgresql://u:{SECRET}@h1,h2/d",
            f"postgresql://u:{SECRET}@h/d#x",
            f"postgresql://u:{SECRET}@h/d?sslmode=maybe",
            f"postgresql://u:{SECRET}@h/d?sslmode=",
            f"postgresql://u:{SECRET}@h/d?sslmode=allow",
            f"postgresql://u:{SECRET}@h/d?sslmode=verify-full&sslrootcert=/{SECRET}",
            f"postgresql://u:{SECRET}@h/d?application_name=x",
            f"postgresql://u:{SECRET}@h/d?sslmode=require&sslmode=disable",
            f"postgresql://u:{SECRET}@h/d?port=x",
            f"postgresql://u:%FF{SECRET}@h/d",
            f"postgresql://u:%00{SECRET}@h/d",
            f"postgresql+psycopg2://u:{SECRET}@h/d",
            f"jdbc:postgresql://u:{SECRET}@h/d",
            f"postgresql:{SECRET}@h/d",
        )
    ],
    *[
        ("REDIS_URL", url)
        for url in (
            f"redis://:{SECRET}@h:notaport/0",
            f"redis://:{SECRET}@h:99999/0",
            f"redis://:{SECRET}@h:6379/zero",
            f"redis://:{SECRET}@h:6379/0/1",
            f"redis://:{SECRET}@h:6379?db=zero",
            f"redis://:{SECRET}@h:6379/0?unheard_of=1",
            f"redis://:{SECRET}@h:6379/0?socket_timeout=long",
            f"redis://:{SECRET}@:6379/0",
            f"redis://:{SECRET}[@h:6379/0",
            f"redis://:{SECRET}/@h:6379/0",
            f"redis://:{SECRET}@{'a' * 64}:6379/0",
            f"redis://:{SECRET}@a..b:6379/0",
            f"redis://:{SECRET}@h\n:6379/0",
            f"redis:{SECRET}",
            f"memcached://{SECRET}",
        )
    ],
    *[
        (name, host)
        for name in ("RAPIDAPI_INSTAGRAM_HOST", "RAPIDAPI_TIKTOK_FALLBACK_HOST")
        for host in (
            "api.example/v1",
            "https://api.example/v1",
            "https://api.example/?x=1",
            "api.exa\nmple",
            "api.exa mple",
            f"https://u:{SECRET}@api.example",
            "ftp://api.example",
            "https://",
            "https://api.example:port",
            "api..example",
            "https:api.example",
            "999.1.1.1",
            "\u0430pi.example",
        )
    ],
    *[
        ("WA_PROXY_URL", url)
        for url in (
            f"u:{SECRET}@proxy:3128",
            f"socks4://u:{SECRET}@proxy:3128",
            f"http://u:{SECRET}@proxy:x",
            f"http://u:{SECRET}@proxy:3128/path",
            f"http://u:{SECRET}[@proxy:3128",
            "http://",
        )
    ],
    *[
        ("HEARTBEAT_URL", url)
        for url in (
            f"monitor.example/{SECRET}",
            f"ftp://monitor.example/{SECRET}",
            f"https://u:{SECRET}@monitor.example/",
            f"https:///{SECRET}",
            f"https://monitor.example:port/{SECRET}",
            f"https://monitor.example/{SECRET}\nx",
        )
    ],
    ("WA_AUTH_DATA_PATH", f"postgresql://u:{SECRET}@h:x/d"),
    ("WA_AUTH_DATA_PATH", f"postgresql:{SECRET}"),
    ("WA_AUTH_DATA_PATH", f"s3://{SECRET}/x"),
    ("RECAP_FILES_PATH", f"ftp://{SECRET}/x"),
    ("RECAP_FILES_PATH", f"s3://{SECRET}!"),
    ("WA_AUTH_DATA_PATH", "a\nb"),
    ("WA_PAGE_HOST", "http://0.0.0.0"),
    ("WA_PAGE_HOST", "300.1.1.1"),
    *[
        ("TASK_LIST_WINDOW_START", text)
        for text in ("06:00+07:00", "06:00Z", "6", "21600", "6.00", "24:00", "06:00:00.5")
    ],
    ("TASK_LIST_WINDOW_START", "18:00"),
    ("TASK_LIST_WINDOW_END", "05:00"),
    ("TASK_LIST_WINDOW_END", "05:59"),
    *[
        ("CICERO_NOW", text)
        for text in ("1771578000000000", "0001-01-01T00:00+07:00", "9999-12-31T23:59Z")
    ],
    ("RAPIDAPI_TIMEOUT_SECONDS", "inf"),
    ("RAPIDAPI_TIMEOUT_SECONDS", "nan"),
    ("WA_GAP_SECONDS", "inf"),
    ("AUDIT_RETENTION_DAYS", "1000000000"),
    ("RUN_RETENTION_DAYS", "1000000000"),
    ("CICERO_STAGE", "a" * 41),
    ("APP_ENV", "prod\nINFO forged"),
    ("ADMIN_WHATSAPP", "081200000001, 0812999"),
    ("GATEWAY_WHATSAPP_ADMIN", "Budi 081299900000"),
]


@pytest.mark.parametrize(("name", "value"), AMISS)
def test_what_would_fail_in_a_job_stops_the_start_and_is_not_shown(
    name: str, value: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv(name, value)
    text = refusal()
    [_, problem, _] = text.splitlines()
    assert problem.startswith(("  TASK_LIST_WINDOW_END: ", f"  {name}: "))
    for secret in (SECRET, "0812999", "81299900000", "forged", "rapid-secret"):
        assert secret not in text


def test_a_window_without_a_slot_is_refused(env: pytest.MonkeyPatch) -> None:
    env.setenv("TASK_LIST_WINDOW_START", "06:01")
    env.setenv("TASK_LIST_WINDOW_END", "06:29")
    assert "TASK_LIST_WINDOW_END: holds no slot" in refusal()
    env.setenv("TASK_LIST_WINDOW_END", "06:30")
    assert load_settings(None).task_list_window_end == time(6, 30)


def test_an_unusable_number_is_named_by_its_place(env: pytest.MonkeyPatch) -> None:
    env.setenv("ADMIN_WHATSAPP", "081200000001;\u200e0812 999\n+84 91 234 5678")
    assert "ADMIN_WHATSAPP: entry 2 of the list is no telephone number" in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:p%40%5B%2F%23@h:6432/d?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=system"),
        ("DATABASE_URL", "postgres://u@/d?host=/var/run/pg&port=5433"),
        ("DATABASE_URL", "postgresql://u:p@ss@h/d"),
        ("DATABASE_URL", "postgresql://u:p@[::1]:5432/d"),
        ("REDIS_URL", "rediss://user:p%40ss@h.example:6380/2"),
        ("REDIS_URL", "redis://127.0.0.1:6379?db=1"),
        ("REDIS_URL", "unix:///tmp/redis.sock?db=1"),
        ("RAPIDAPI_TIKTOK_HOST", "http://127.0.0.1:8099"),
        ("RAPIDAPI_TIKTOK_HOST", "api.example:8443"),
        ("WA_PROXY_URL", "socks5://u:p@proxy.example:1080"),
        ("HEARTBEAT_URL", "https://monitor.example/ping/0e1a?create=1"),
        ("WA_AUTH_DATA_PATH", "/var/lib/wa data"),
        ("WA_AUTH_DATA_PATH", "postgresql://u:p@h/d"),
        ("WA_PAGE_HOST", "::"),
        ("ADMIN_WHATSAPP", "081200000001\n+84 91 234 5678, 120363000000000001@g.us"),
    ],
)
def test_what_works_is_taken_as_it_is(name: str, value: str, env: pytest.MonkeyPatch) -> None:
    env.setenv(name, value)
    assert getattr(load_settings(None), name.lower()) == value


def test_an_unknown_option_of_the_database_is_named(env: pytest.MonkeyPatch) -> None:
    env.setenv("DATABASE_URL", "postgresql://u:p@h/d?channel_binding=require")
    assert "DATABASE_URL: the option channel_binding is unknown" in refusal()


def test_settings_show_no_secret_when_they_are_printed(env: pytest.MonkeyPatch) -> None:
    env.setenv("WA_PROXY_URL", f"http://u:{SECRET}@proxy:1")
    shown = repr(load_settings(None))
    assert "rapid-secret" not in shown
    assert "cicero:secret" not in shown
    assert SECRET not in shown


def test_lines_that_cannot_be_read_are_named_beside_the_wrong_settings(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("RAPIDAPI_ATTEMPTS", "eleven")
    text = refusal(write(tmp_path, "LOG_LEVEL=INFO", f"REDIS_URL redis://:{SECRET}@h"))
    assert "line 2 is no NAME=value" in text
    assert "RAPIDAPI_ATTEMPTS: " in text
    assert SECRET not in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_an_editor_marked_is_read_or_named(
    encoding: str, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.delenv("RAPIDAPI_KEY")
    file = tmp_path / ".env"
    file.write_text("RAPIDAPI_KEY=from-file\n", encoding=encoding)
    if encoding == "utf-16":
        assert "cannot be read as UTF-8 text" in refusal(file)
    else:
        assert load_settings(file).rapidapi_key == "from-file"
