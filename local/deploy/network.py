"""Checks a stage's subnets and groups, and what can be checked of an address from here."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from botocore.exceptions import ClientError

from local.deploy.account import Account, DeployError
from local.deploy.stages import Stage

_CONNECT_SECONDS = 3.0


def check_network(account: Account, stage: Stage) -> Iterator[str]:
    """Raises DeployError for subnets and groups that do not exist, and for a host in one zone."""
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
            found = ec2.describe_subnets(SubnetIds=sorted(set(stage.host.subnets)))["Subnets"]
            if {s["VpcId"] for s in found} != {stage.host.vpc}:
                raise DeployError(f"[host] names subnets outside {stage.host.vpc}. See: {how}")
            if len({s["AvailabilityZone"] for s in found}) < 2:
                raise DeployError(f"[host] needs subnets in two availability zones. See: {how}")
    except ClientError as error:
        raise DeployError(f"[vpc] or [host]: {error}. See: {how}") from error


def reach(name: str, host: str, port: int, stage: Stage) -> Iterator[str]:
    """Checks, as far as possible from here, an address that the functions will need."""
    if stage.vpc:
        yield f"{name}: functions in a VPC have other ways than this machine, it was not tried"
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise DeployError(f"{name}: its host is unknown, and the stage has no [vpc].") from None
    address = ipaddress.ip_address(found[0][4][0])
    if address.is_loopback:
        yield f"{name}: names the machine that it is read on, where AWS has no server of yours"
        return
    if address.is_private:
        raise DeployError(
            f"{name}: its host has a private address, which functions reach only with [vpc]."
        )
    try:
        socket.create_connection((str(address), port), _CONNECT_SECONDS).close()
    except OSError:
        yield f"{name}: nothing answers from here; functions come from other addresses"
