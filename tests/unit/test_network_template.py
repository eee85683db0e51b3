"""The template for those who have no network: what it opens, keeps and tells."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings
from local.deploy.stages import load_stage
from tests.conftest import ROOT

NETWORK = json.loads((ROOT / ".chalice/network.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = NETWORK["Resources"]
IDS = {
    "AWS::EC2::VPC": "vpc-0a",
    "AWS::EC2::Subnet": "subnet-0b",
    "AWS::EC2::SecurityGroup": "sg-0c",
}
IMAGE = f"1.dkr.ecr.r.amazonaws.com/cicero-wa-host@sha256:{'0' * 64}"


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


def output(name: str) -> str:
    """An output's value, with an id of the right form, or a host and port, for each reference."""

    def value(found: re.Match[str]) -> str:
        resource, _, attribute = found[1].partition(".")
        if "Port" in attribute:
            return "1234"
        return IDS.get(RESOURCES[resource]["Type"], "host.example")

    text = NETWORK["Outputs"][name]["Value"]["Fn::Sub"]
    return re.sub(r"\$\{([^}]+)\}", value, text)


def test_its_outputs_are_a_stage_s_file(tmp_path: Path) -> None:
    stages = tmp_path / ".chalice/stages"
    stages.mkdir(parents=True)
    file = f'region = "ap-southeast-3"\n{output("StageFileVpc")}\n{output("StageFileHost")}'
    (stages / "prod.toml").write_text(f'{file}image = "{IMAGE}"\n')
    stage = load_stage(tmp_path, "prod")
    assert stage.vpc is not None
    assert stage.host is not None
    assert stage.vpc.security_groups == ["sg-0c"]
    assert stage.vpc.subnets == stage.host.subnets == ["subnet-0b"] * 2
    assert stage.host.vpc == "vpc-0a"


def test_its_outputs_are_settings() -> None:
    settings = Settings(
        database_url=output("DatabaseUrl"), redis_url=output("RedisUrl"), rapidapi_key="k"
    )
    assert settings.database_url == (
        "postgresql://cicero:PASSWORD@host.example:1234/cicero?sslmode=verify-full"
    )
    assert settings.redis_url == "rediss://host.example:1234/0"


def test_only_the_private_subnets_come_in_anywhere() -> None:
    groups = of_kind("AWS::EC2::SecurityGroup")
    sources = [
        (name, json.dumps(rule["CidrIp"]), rule["FromPort"], rule["ToPort"])
        for name, group in groups.items()
        for rule in group.get("SecurityGroupIngress", [])
    ]
    private = {json.dumps({"Fn::GetAtt": [f"PrivateSubnet{zone}", "CidrBlock"]}) for zone in "AB"}
    assert {source for _, source, _, _ in sources} == private
    assert {(name, first) for name, _, first, last in sources if first == last} == {
        ("DatabaseGroup", 5432), ("RedisGroup", 6379), ("EndpointsGroup", 443),
    }  # fmt: skip
    assert of_kind("AWS::EC2::SecurityGroupIngress") == {}


def test_only_the_functions_go_out_to_the_world() -> None:
    out = {
        name: {rule["CidrIp"] for rule in group["SecurityGroupEgress"]}
        for name, group in of_kind("AWS::EC2::SecurityGroup").items()
    }
    assert out.pop("FunctionsGroup") == {"0.0.0.0/0"}
    assert list(out.values()) == [{"127.0.0.1/32"}] * 3


def test_the_database_is_encrypted_backed_up_private_and_not_deleted_by_mistake() -> None:
    database = RESOURCES["Database"]
    expected = {
        "StorageEncrypted": True,
        "BackupRetentionPeriod": 7,
        "DeletionProtection": True,
        "PubliclyAccessible": False,
    }
    assert expected.items() <= database["Properties"].items()
    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot",) * 2
    settings = RESOURCES["DatabaseSettings"]["Properties"]["Parameters"]
    assert settings == {"rds.force_ssl": "1", "timezone": "Asia/Jakarta"}


def test_redis_speaks_tls_and_stores_encrypted() -> None:
    [redis] = of_kind("AWS::ElastiCache::ReplicationGroup").values()
    assert redis["TransitEncryptionEnabled"] is redis["AtRestEncryptionEnabled"] is True


@pytest.mark.parametrize(
    ("condition", "kinds"),
    [
        ("HasRedis", {"AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::SubnetGroup"}),
        ("HasEndpoints", {"AWS::EC2::VPCEndpoint"}),
    ],
)
def test_what_is_not_asked_for_is_not_made(condition: str, kinds: set[str]) -> None:
    made = {r["Type"] for r in RESOURCES.values() if r.get("Condition") == condition}
    assert made == {*kinds, "AWS::EC2::SecurityGroup"}
    [parameter] = NETWORK["Conditions"][condition]["Fn::Equals"][:1]
    asked = NETWORK["Conditions"][condition]["Fn::Equals"][1]
    assert NETWORK["Parameters"][parameter["Ref"]]["Default"] != asked


def test_the_page_names_its_parameters() -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert [name for name in NETWORK["Parameters"] if f"`{name}" not in page] == []
