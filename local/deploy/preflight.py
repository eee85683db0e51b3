"""What would fail later, said before anything is made.

Raises DeployError for what certainly fails; what this machine cannot tell, or what only costs
time, comes back as remarks. No value of a secret is in either.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from chalicelib import addresses
from chalicelib.errors import ConfigurationError
from chalicelib.settings import Settings, load_settings
from local.deploy.account import Account, AwsError, DeployError
from local.deploy.stages import Stage
from local.environment import environment, own_environment

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""What the tests run on and Lambda has; Chalice gives the functions the one that it runs on."""

_CONSUMERS = 34
"""Executions at a time that the queues' mappings may ask for."""
_CONNECT_SECONDS = 3.0


def preflight(account: Account, stage: Stage) -> list[str]:
    """Remarks on what may be in the way. DeployError for what is."""
    _check_python()
    _check_identity(account, stage)
    settings = _settings(stage)
    remarks = [*_limits(account), *_network(account, stage)]
    database = addresses.postgres(settings.database_url)
    remarks += _reach("DATABASE_URL", database.host, database.port, stage)
    if settings.redis_url:
        redis = urlsplit(settings.redis_url)
        remarks += _reach("REDIS_URL", redis.hostname or "", redis.port or 6379, stage)
    return remarks


def _check_python() -> None:
    if sys.version_info[:2] not in PYTHONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
        raise DeployError(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; functions run on what "
            f"deploys them, one of {known}. Remove .venv/ and name one: make PYTHON=python3.11 ..."
        )


def _check_identity(account: Account, stage: Stage) -> None:
    try:
        number = account.number()
    except AwsError as error:
        raise DeployError(
            f"Not signed in to AWS ({error}). Run `aws configure sso` or `aws configure`, set "
            "AWS_PROFILE, and look with `aws sts get-caller-identity`."
        ) from error
    if stage.account not in (None, number):
        raise DeployError(
            f"Signed in to account {number}; stage {stage.name} is for {stage.account}."
        )


def _settings(stage: Stage) -> Settings:
    """The settings as the functions will have them: the stage's environment over its secrets."""
    signed_in = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    values = own_environment() | signed_in | {"AWS_DEFAULT_REGION": stage.region}
    try:
        with environment(values | stage.variables()):
            return load_settings(env_file=None)
    except ConfigurationError as error:
        raise DeployError(
            f"{error}\nAll secrets are one JSON object, its keys are setting names; put it with: "
            f"aws ssm put-parameter --overwrite --region {stage.region} --name {stage.secrets} "
            "--type SecureString --value file://secrets.json"
        ) from error


def _limits(account: Account) -> Iterator[str]:
    try:
        limits = account.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError:
        yield "this identity may not read Lambda's limits (lambda:GetAccountSettings)"
        return
    if limits["ConcurrentExecutions"] < 2 * _CONSUMERS:
        yield (
            f"the account runs {limits['ConcurrentExecutions']} functions at a time, the queues "
            f"alone may ask for {_CONSUMERS}: slots take longer. More: Service Quotas, Lambda, "
            "Concurrent executions (L-B99A9384)"
        )


def _network(account: Account, stage: Stage) -> Iterator[str]:
    """DeployError for subnets and groups that are not there, and for a host in one zone."""
    ec2 = account.client("ec2")
    how = "aws ec2 describe-subnets; aws ec2 describe-security-groups"
    try:
        if stage.vpc:
            found = ec2.describe_subnets(SubnetIds=stage.vpc.subnets)["Subnets"]
            groups = ec2.describe_security_groups(GroupIds=stage.vpc.security_groups)
            vpcs = {s["VpcId"] for s in (*found, *groups["SecurityGroups"])}
            if len(vpcs) > 1:
                raise DeployError(f"[vpc] names subnets and groups of {len(vpcs)} VPCs. See: {how}")
            yield "functions in a VPC reach the APIs and AWS only through a NAT gateway"
        if stage.host:
            found = ec2.describe_subnets(SubnetIds=stage.host.subnets)["Subnets"]
            if {s["VpcId"] for s in found} != {stage.host.vpc}:
                raise DeployError(f"[host] names subnets outside {stage.host.vpc}. See: {how}")
            if len({s["AvailabilityZone"] for s in found}) < 2:
                raise DeployError(f"[host] needs subnets in two availability zones. See: {how}")
    except ClientError as error:
        raise DeployError(f"[vpc] or [host]: {error}. See: {how}") from error


def _reach(name: str, host: str, port: int, stage: Stage) -> Iterator[str]:
    """What can be told from here of an address that the functions will need."""
    if stage.vpc:
        yield f"{name}: functions in a VPC have other ways than this machine, it was not tried"
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise DeployError(f"{name}: its host is unknown, and the stage has no [vpc].") from None
    address = ipaddress.ip_address(found[0][4][0])
    if address.is_private and not address.is_loopback:
        raise DeployError(
            f"{name}: its host has a private address, which functions reach only with [vpc]."
        )
    try:
        socket.create_connection((str(address), port), _CONNECT_SECONDS).close()
    except OSError:
        yield f"{name}: nothing answers from here; functions come from other addresses"
