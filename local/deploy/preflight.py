"""Checks for what would fail later, before anything is created.

Raises DeployError for what will certainly fail; what this machine cannot check, or what only costs
time, is returned as remarks. Neither contains the value of a secret.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from chalicelib import addresses
from chalicelib.errors import ConfigurationError
from chalicelib.settings import Settings, load_settings
from local.deploy.account import Account, DeployError
from local.deploy.network import check_network, reach
from local.deploy.stages import Stage
from local.environment import environment, own_environment

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""The versions that the tests run on and Lambda has; functions get the one that Chalice runs on."""

_CONSUMERS = 34
"""Concurrent executions that the queues' mappings may request."""


def preflight(account: Account, stage: Stage) -> list[str]:
    """Returns remarks on possible obstacles. Raises DeployError for certain ones."""
    check_python(sys.version_info[:2])
    settings = settings_of(stage)
    remarks = [*_limits(account), *check_network(account, stage), *_people(settings, stage)]
    _check_image(account, stage)
    database = addresses.postgres(settings.database_url)
    remarks += reach("DATABASE_URL", database.host, database.port, stage)
    if settings.redis_url:
        redis = urlsplit(settings.redis_url)
        remarks += reach("REDIS_URL", redis.hostname or "", redis.port or 6379, stage)
    return remarks


def check_python(version: tuple[int, int]) -> None:
    """Raises DeployError for a Python that the functions are not tested on."""
    if version not in PYTHONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
        raise DeployError(
            f"This is Python {version[0]}.{version[1]}; functions run on what "
            f"deploys them, one of {known}. Remove .venv/ and name one: make PYTHON=python3.11 ..."
        )


def settings_of(stage: Stage) -> Settings:
    """The settings as the functions will see them: the stage's environment over its secrets."""
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


def _people(settings: Settings, stage: Stage) -> Iterator[str]:
    """Remarks on missing secrets that the people who work with the service need."""
    if not settings.admin_whatsapp:
        yield "ADMIN_WHATSAPP is not set: operators get no reports"
    if stage.host and not settings.wa_page_password_hash:
        yield (
            "WA_PAGE_PASSWORD_HASH is not set: the host's page lets nobody in, and no account can "
            "be paired (python -m wa_session_host hash-password)"
        )


def _check_image(account: Account, stage: Stage) -> None:
    if stage.host is None:
        return
    registry, image = stage.host.image.split("/", 1)
    name, digest = image.split("@")
    how = (
        "List what is there: aws ecr describe-images "
        f"--region {stage.region} --repository-name {name}"
    )
    own = f"{account.number()}.dkr.ecr.{stage.region}.amazonaws.com"
    if registry != own:
        raise DeployError(f"[host] image: is in {registry}, the host may pull from {own}. {how}")
    try:
        account.client("ecr").describe_images(
            repositoryName=name, imageIds=[{"imageDigest": digest}]
        )
    except ClientError as error:
        raise DeployError(f"[host] image: {error}. {how}") from error
