"""Settings from the SSM secrets parameter, with moto's SSM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest

from chalicelib.errors import ConfigurationError
from chalicelib.settings import Settings, load_settings
from local.environment import environment
from local.services import MotoServer

NAME = "/cicero/test/secrets"
URL = "postgresql://cicero:secret@db.example/cicero"

Load = Callable[..., Settings]


@pytest.fixture
def values(clean_environment: dict[str, str], moto: MotoServer) -> dict[str, str]:
    """A Lambda's environment: no settings, only the parameter's name."""
    return clean_environment | {
        "AWS_ENDPOINT_URL": moto.url,
        "CICERO_SECRETS_PARAMETER": NAME,
    }


@pytest.fixture
def keep(values: dict[str, str]) -> Iterator[Callable[[str], None]]:
    """Puts a text into the parameter; it is removed after the test."""
    with environment(values):
        ssm = boto3.client("ssm")
    with closing(ssm):
        yield lambda text: ssm.put_parameter(
            Name=NAME, Value=text, Type="SecureString", Overwrite=True
        )
        ssm.delete_parameters(Names=[NAME])


@pytest.fixture
def load(values: dict[str, str]) -> Load:
    """The settings of a process with this environment and the given additions."""

    def settings(**more: str) -> Settings:
        with environment(values | more):
            return load_settings(env_file=None)

    return settings


def secrets(**more: Any) -> str:
    return json.dumps({"DATABASE_URL": URL, "RAPIDAPI_KEY": "from-ssm", **more})


def test_secrets_are_read_from_the_parameter(keep: Callable[[str], None], load: Load) -> None:
    keep(secrets(RAPIDAPI_REQUESTS_PER_SECOND=7, APP_ENV="production"))
    settings = load()
    assert (settings.database_url, settings.rapidapi_key) == (URL, "from-ssm")
    assert (settings.rapidapi_requests_per_second, settings.app_env) == (7, "production")


def test_names_may_be_written_in_any_case(keep: Callable[[str], None], load: Load) -> None:
    keep(json.dumps({"database_url": URL, "RapidAPI_Key": "x", "wa_strict_single_owner": True}))
    settings = load()
    assert (settings.rapidapi_key, settings.wa_strict_single_owner) == ("x", True)


def test_the_environment_wins_over_the_parameter(keep: Callable[[str], None], load: Load) -> None:
    keep(secrets(ADMIN_WHATSAPP="081200000001"))
    settings = load(RAPIDAPI_KEY="from-environment")
    assert (settings.rapidapi_key, settings.admin_whatsapp) == ("from-environment", "081200000001")


@pytest.mark.parametrize(
    ("set_name", "set_value", "kept_name", "kept_value", "field"),
    [
        ("NODE_ENV", "staging", "APP_ENV", "production", "app_env"),
        ("APP_ENV", "staging", "NODE_ENV", "production", "app_env"),
        (
            "WA_BAILEYS_STRICT_SINGLE_OWNER",
            "true",
            "WA_STRICT_SINGLE_OWNER",
            False,
            "wa_strict_single_owner",
        ),
    ],
)
def test_the_environment_wins_under_an_old_name_as_well(
    set_name: str,
    set_value: str,
    kept_name: str,
    kept_value: object,
    field: str,
    keep: Callable[[str], None],
    load: Load,
) -> None:
    keep(secrets(**{kept_name: kept_value}))
    found = getattr(load(**{set_name: set_value}), field)
    assert str(found).lower() == set_value


def test_a_missing_parameter_is_a_configuration_error_that_names_it(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=rf"CICERO_SECRETS_PARAMETER: .*{NAME}"):
        load(CICERO_SECRETS_PARAMETER=NAME + "/none")


@pytest.mark.parametrize("text", ["postgresql://x@h/d", '["a"]', '"text"', "{"])
def test_a_parameter_that_is_no_json_object_is_a_configuration_error(
    text: str, keep: Callable[[str], None], load: Load
) -> None:
    keep(text)
    with pytest.raises(ConfigurationError, match="must hold one JSON object") as caught:
        load()
    assert text not in str(caught.value) or text == "{"


def test_wrong_secrets_are_listed_together_without_their_values(
    keep: Callable[[str], None], load: Load
) -> None:
    keep(json.dumps({"DATABASE_URL": "mysql://geheim", "RAPIDAPI_ATTEMPTS": 99}))
    with pytest.raises(ConfigurationError) as caught:
        load()
    text = str(caught.value)
    for field in ("DATABASE_URL", "RAPIDAPI_ATTEMPTS", "RAPIDAPI_KEY is not set"):
        assert field in text
    assert "geheim" not in text


def test_without_the_parameter_s_name_ssm_is_not_asked(
    keep: Callable[[str], None], values: dict[str, str]
) -> None:
    keep(secrets())
    without = {k: v for k, v in values.items() if k != "CICERO_SECRETS_PARAMETER"}
    with (
        environment(without | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}),
        pytest.raises(ConfigurationError, match="DATABASE_URL is not set"),
    ):
        load_settings(env_file=None)


def test_numbers_and_truth_values_are_read_as_they_would_be_written(
    keep: Callable[[str], None], load: Load
) -> None:
    more = {"ADMIN_WHATSAPP": 6281200000001, "RAPIDAPI_KEY": 12345, "REDIS_URL": None}
    keep("\ufeff" + secrets(**more, WA_GAP_SECONDS=2.0, CICERO_NOW="", LOG_LEVEL="DEBUG\n"))
    settings = load()
    assert (settings.admin_whatsapp, settings.rapidapi_key) == ("6281200000001", "12345")
    assert (settings.redis_url, settings.cicero_now) == (None, None)
    assert (settings.wa_gap_seconds, settings.log_level) == (2.0, "DEBUG")


@pytest.mark.parametrize("value", [["geheim"], {"a": "geheim"}, True])
@pytest.mark.parametrize("name", ["RAPIDAPI_ATTEMPTS", "ADMIN_WHATSAPP", "DATABASE_URL"])
def test_a_value_of_another_kind_is_named_and_not_shown(
    name: str, value: object, keep: Callable[[str], None], load: Load
) -> None:
    keep(secrets(**{name: value}))
    with pytest.raises(ConfigurationError, match=f"  {name}: ") as caught:
        load()
    assert "geheim" not in str(caught.value)
