"""What preflight reports before anything is created, for a new account without any stage."""

from __future__ import annotations

import json

import pytest

from local.deploy.account import Account, DeployError
from local.deploy.preflight import preflight
from tests.integration.deploy.conftest import SECRETS, NewStage


def subnets(account: Account) -> list[dict[str, str]]:
    found = account.client("ec2").describe_subnets()["Subnets"]
    return sorted(found, key=lambda subnet: str(subnet["AvailabilityZone"]))


def host(vpc: str, *ids: str, registry: str = "123456789012.dkr.ecr.ap-southeast-3") -> str:
    image = f"{registry}.amazonaws.com/cicero-wa-host@sha256:{'0' * 64}"
    return f'[host]\nimage = "{image}"\nvpc = "{vpc}"\nsubnets = {json.dumps(ids)}'


def test_what_only_costs_time_or_comfort_is_remarked(new_stage: NewStage) -> None:
    remarks = preflight(new_stage("remarks").account, new_stage("remarks2").stage)
    assert [remark.split(":")[0] for remark in remarks] == [
        "the account runs 10 functions at a time, the queues alone may ask for 34",
        "ADMIN_WHATSAPP is not set",
        "DATABASE_URL",
        "REDIS_URL",
    ]


def test_a_subnet_that_is_not_there_is_named(new_stage: NewStage) -> None:
    made = new_stage("nosubnet", '[vpc]\nsubnets = ["subnet-0f0f"]\nsecurity_groups = ["sg-1"]')
    with pytest.raises(DeployError, match=r"subnet-0f0f.*See: aws ec2 describe-subnets"):
        preflight(made.account, made.stage)


def test_a_host_in_one_zone_is_refused(new_stage: NewStage, account: Account) -> None:
    first = subnets(account)[0]
    made = new_stage("onezone", host(first["VpcId"], first["SubnetId"], first["SubnetId"]))
    with pytest.raises(DeployError, match="two availability zones"):
        preflight(made.account, made.stage)


def test_a_host_outside_its_vpc_is_refused(new_stage: NewStage, account: Account) -> None:
    one, *_, two = subnets(account)
    made = new_stage("othervpc", host("vpc-0f0f", one["SubnetId"], two["SubnetId"]))
    with pytest.raises(DeployError, match="outside vpc-0f0f"):
        preflight(made.account, made.stage)


def test_an_image_that_is_not_in_the_registry_is_refused(
    new_stage: NewStage, account: Account
) -> None:
    one, *_, two = subnets(account)
    made = new_stage("noimage", host(one["VpcId"], one["SubnetId"], two["SubnetId"]))
    with pytest.raises(DeployError, match="aws ecr describe-images"):
        preflight(made.account, made.stage)


@pytest.mark.parametrize(
    "registry", ["999999999999.dkr.ecr.ap-southeast-3", "123456789012.dkr.ecr.ap-southeast-1"]
)
def test_an_image_of_another_account_or_region_is_refused(
    registry: str, new_stage: NewStage, account: Account
) -> None:
    one, *_, two = subnets(account)
    lines = host(one["VpcId"], one["SubnetId"], two["SubnetId"], registry=registry)
    made = new_stage(f"abroad{registry[0]}", lines)
    with pytest.raises(DeployError, match=rf"is in {registry}.*may pull from 123456789012\."):
        preflight(made.account, made.stage)


def test_what_the_stage_s_environment_breaks_is_said(new_stage: NewStage) -> None:
    made = new_stage("odd", '[environment]\nLOG_LEVEL = "LOUD"', secrets=SECRETS)
    with pytest.raises(DeployError, match="LOG_LEVEL"):
        preflight(made.account, made.stage)
