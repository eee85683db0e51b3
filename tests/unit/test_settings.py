"""Settings from the environment and .env: what is listed, what wins, what is never shown."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from pydantic import AliasChoices

from chalicelib.errors import ConfigurationError
from chalicelib.settings import INSTAGRAM_HOST, TIKTOK_HOST, Settings, load_settings

NEEDED = {
    "DATABASE_URL": "postgresql://cicero:secret@127.0.0.1:5432/cicero",
    "RAPIDAPI_KEY": "rapid-secret",
}
WRONG = {
    "DATABASE_URL": "mysql://cicero:hunter2@127.0.0.1/cicero",
    "REDIS_URL": "http://:hunter2@127.0.0.1",
    "RAPIDAPI_REQUESTS_PER_SECOND": "0",
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
    assert settings.rapidapi_instagram_host == INSTAGRAM_HOST
    assert settings.rapidapi_tiktok_host == TIKTOK_HOST
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
    assert settings.rapidapi_instagram_host == INSTAGRAM_HOST
    assert (settings.cicero_stage, settings.log_level) == ("local", "INFO")
    assert (settings.cicero_now, settings.wa_log_client_id) == (None, None)
    env.setenv("DATABASE_URL", "")
    assert "DATABASE_URL is not set" in refusal()


def test_the_env_file_fills_in_what_the_environment_does_not_say(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.delenv("RAPIDAPI_KEY")
    file = write(
        tmp_path, "RAPIDAPI_KEY=from-file", 'ADMIN_WHATSAPP="0812, 0813"', "LOG_LEVEL=DEBUG"
    )
    env.setenv("LOG_LEVEL", "ERROR")
    settings = load_settings(file)
    assert settings.rapidapi_key == "from-file"
    assert settings.admin_whatsapp == "0812, 0813"
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


@pytest.mark.parametrize("name", ["x" * 41, "grup/1", "a b", "a\n", "ä", "a;DROP", 'a"b'])
def test_an_account_name_that_can_be_no_file_or_schema_is_refused(
    name: str, env: pytest.MonkeyPatch
) -> None:
    for field in ("GATEWAY_WA_CLIENT_ID", "WA_LOG_CLIENT_ID"):
        env.setenv(field, name)
        assert f"  {field}: String should match pattern" in refusal()


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
