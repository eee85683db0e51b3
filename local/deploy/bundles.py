"""The deployed bundles, kept in the stack's bucket, and the rollback to an older one."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

from local.deploy.account import Account, DeployError, find
from local.deploy.cloudformation import outputs
from local.deploy.functions import renew_code
from local.deploy.stages import Stage

KEPT = 5


def keep(account: Account, stage: Stage, bundle: Path, runtime: str) -> None:
    """Keeps the bundle that runs now, and the four before it. One that is deployed again becomes
    the newest again."""
    s3, bucket = account.client("s3"), _bucket(account, stage)
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    kept = _keys(account, bucket)
    older = [key for key in kept if digest not in key]
    if kept != older and digest in kept[-1]:
        return
    made_for = f"{runtime}-{stage.architecture}"
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{made_for}-{digest}.zip"
    with bundle.open("rb") as code:
        s3.put_object(Bucket=bucket, Key=name, Body=code)
    _delete(account, bucket, [key for key in kept if key not in older[-(KEPT - 1) :]])


def go_back(account: Account, stage: Stage) -> str:
    """Gives every function but `migrate` the code of the bundle before the one it runs, and the
    architecture that it was made for; returns that bundle's name. Tables stay as they are. Raises
    DeployError if no older one is kept, or if it is for another Python."""
    aws, bucket = account.client("lambda"), _bucket(account, stage)
    functions = find(account, stage).functions
    names = sorted(name for name in functions if name != stage.prefix + "migrate")
    if not names:
        raise DeployError(f"Stage {stage.name} has no functions.")
    running = aws.get_function_configuration(FunctionName=names[-1])  # the last one to change
    digest = b64decode(running["CodeSha256"]).hex()
    kept = _keys(account, bucket)
    now = next((n for n, key in enumerate(kept) if digest in key), len(kept))
    if now == 0 or not kept:
        raise DeployError("No older bundle is kept: check out an older commit and deploy it.")
    key = kept[now - 1]
    if f"-{running['Runtime']}-" not in key:
        raise DeployError(f"{key} is for another Python than the functions' {running['Runtime']}.")
    code = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    for name in names:
        renew_code(account, name, code, "arm64" if "-arm64-" in key else "x86_64")
    return key


def empty(account: Account, stage: Stage) -> None:
    """Deletes all kept bundles, and the files that were sent, so that the stack can be deleted."""
    names = outputs(account, stage.stack)
    for bucket in filter(None, map(names.get, ("BundlesName", "SentFilesName"))):
        while keys := _keys(account, bucket):
            _delete(account, bucket, keys)


def _bucket(account: Account, stage: Stage) -> str:
    try:
        return outputs(account, stage.stack)["BundlesName"]
    except KeyError:
        raise DeployError(f"Stack {stage.stack} has no bundles: deploy the stage.") from None


def _keys(account: Account, bucket: str) -> list[str]:
    """Oldest first: a name begins with its time."""
    listed = account.client("s3").list_objects_v2(Bucket=bucket)
    return sorted(item["Key"] for item in listed.get("Contents", []))


def _delete(account: Account, bucket: str, keys: list[str]) -> None:
    for key in keys:
        account.client("s3").delete_object(Bucket=bucket, Key=key)
