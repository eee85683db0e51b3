import re
from pathlib import Path

import pytest

from chalicelib.errors import BadInput
from local import allocator
from local.deploy.stages import Host, Stage, load_stage
from tests.conftest import ROOT


def written(directory: Path, *lines: str, name: str = "prod") -> Path:
    stages = directory / ".chalice/stages"
    stages.mkdir(parents=True, exist_ok=True)
    (stages / f"{name}.toml").write_text("\n".join(['region = "ap-southeast-3"', *lines]))
    return directory


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_project_s_stages_can_be_deployed(name: str) -> None:
    assert load_stage(ROOT, name).name == name


def test_the_documented_stage_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    written(tmp_path)
    file = tmp_path / ".chalice/stages/prod.toml"
    file.write_text(example.replace("sha256:…", f"sha256:{'0' * 64}"), encoding="utf-8")
    stage = load_stage(tmp_path, "prod")
    left = {name for name in Stage.model_fields if f"\n{name} =" not in f"\n{example}"}
    assert left == {"name", "environment", "host"}
    assert stage.vpc
    assert stage.environment
    assert stage.host
    assert set(Host.model_fields) == stage.host.model_fields_set


def test_a_new_stage_is_one_file(tmp_path: Path) -> None:
    stage = load_stage(written(tmp_path, name="polda2"), "polda2")
    assert stage == Stage(name="polda2", region="ap-southeast-3")
    assert stage.variables() == {
        **allocator.SETTINGS,
        "APP_ENV": "polda2",
        "CICERO_STAGE": "polda2",
        "CICERO_SECRETS_PARAMETER": "/cicero/polda2/secrets",
    }


def test_settings_that_are_no_secrets_stand_in_its_environment(tmp_path: Path) -> None:
    stage = load_stage(written(tmp_path, "[environment]", 'LOG_LEVEL = "ERROR"'), "prod")
    assert stage.variables()["LOG_LEVEL"] == "ERROR"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("schedule = true", "schedule: Extra inputs are not permitted"),
        ("[vpc]", "vpc.subnets: Field required"),
        ('[vpc]\nsubnets = []\nsecurity_groups = ["sg-1"]', "vpc.subnets: List should have"),
        ('[environment]\nRAPIDAPI_KEY = "x"', "is a secret"),
        ('[environment]\nDATABASE_URL = "x"', "is a secret"),
        ('[environment]\nADMIN_WHATSAPP = "x"', "is a secret"),
        ('[environment]\nCICERO_STAGE = "dev"', "is no setting for this table"),
        ('[environment]\nLOG_LEVLE = "INFO"', "is no setting for this table"),
        ("region = 3", "is no TOML"),
        ("monthly_budget = 5", "monthly_budget needs alarm_email"),
        ('account = "12"', "account: String should match"),
        ('[host]\nimage = "x:latest"', "host.image: String should match"),
    ],
)
def test_what_is_wrong_in_a_stage_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(BadInput) as error:
        load_stage(written(tmp_path, line), "prod")
    assert problem in str(error.value)
    assert str(error.value).startswith(".chalice/stages/prod.toml")


@pytest.mark.parametrize("name", ["prdo", "", "../prod", "Prod", "prod-2"])
def test_a_stage_without_a_file_is_refused_and_the_others_are_named(
    tmp_path: Path, name: str
) -> None:
    written(tmp_path, name="dev")
    written(tmp_path)
    with pytest.raises(BadInput, match=r"\(there are: dev, prod\)"):
        load_stage(tmp_path, name)


def test_a_name_that_another_s_names_could_begin_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no stage 'prod-2'"):
        load_stage(written(tmp_path, name="prod-2"), "prod-2")
