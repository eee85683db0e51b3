"""Whether this machine is signed in to the account, and pointed at the region, of a stage."""

from __future__ import annotations

import json
import re

from botocore.exceptions import ClientError, EndpointConnectionError

from local.deploy.account import Account, AwsError, DeployError
from local.deploy.stages import Stage

_REGION = re.compile(r"arn:aws:ssm:([a-z0-9-]+):")


def check_identity(account: Account, stage: Stage) -> str:
    """Returns the account's number. Raises DeployError where nobody is signed in, or to another
    account than the stage's, and for a stage that is deployed in another region."""
    try:
        number = account.number()
    except EndpointConnectionError:
        raise
    except AwsError as error:
        raise DeployError(
            f"Not signed in to AWS ({error}). Run `aws configure sso` or `aws configure`, set "
            "AWS_PROFILE, and look with `aws sts get-caller-identity`."
        ) from error
    if stage.account not in (None, number):
        raise DeployError(
            f"Signed in to account {number}; stage {stage.name} is for {stage.account}."
        )
    deployed = _deployed_in(account, stage)
    if deployed not in (None, stage.region):
        raise DeployError(
            f"Stage {stage.name} is deployed in {deployed}, its file says {stage.region}: write "
            f"the region back. To move it, first remove it in {deployed} (make destroy). A second "
            "stage in one account needs a name of its own, because roles belong to all regions."
        )
    return number


def _deployed_in(account: Account, stage: Stage) -> str | None:
    """The region that the stage's first role names; None if there is none, or it cannot be read."""
    iam, role = account.client("iam"), stage.prefix + "migrate"
    try:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            found = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            if named := _REGION.search(json.dumps(found)):
                return named[1]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchEntity", "AccessDenied"):
            raise
    return None
