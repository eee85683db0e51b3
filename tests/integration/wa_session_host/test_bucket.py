"""Files in a bucket of S3, as moto's server plays it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.recap.files import RecapFile
from chalicelib.slots import Slot
from local.environment import environment
from tests.conftest import DAY
from tests.integration.service import SharedService
from wa_session_host.sending.attachments import Attachments
from wa_session_host.sending.files import KEPT_DAYS, FilesUnavailable, open_files
from wa_session_host.sending.transport import NotSent, Outgoing

TEMPLATE = json.loads(Path(".chalice/resources.json").read_text(encoding="utf-8"))
BUCKET = "cicero-sent-files"
PICTURE = RecapFile.of("POLRES X/'B'", Slot.parse(f"{DAY}T15:00"), "png")
MESSAGE = Outgoing("gateway", "1@g.us", "*Absensi*", "recap:1")


@pytest.fixture
def s3(service: SharedService) -> Iterator[Any]:
    """An account with the bucket, as the host finds it by its environment."""
    with environment(service.environment):
        client = boto3.client("s3")
        region = {"LocationConstraint": client.meta.region_name}
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
        yield client
        client.delete_bucket_policy(Bucket=BUCKET)
        for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            client.delete_object(Bucket=BUCKET, Key=one["Key"])
        client.delete_bucket(Bucket=BUCKET)
        client.close()


def refuse(s3: Any, action: str) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action,
                 "Resource": f"arn:aws:s3:::{BUCKET}/*"}  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def test_a_file_is_kept_in_the_bucket_byte_for_byte_until_its_rule_deletes_it(s3: Any) -> None:
    files = open_files(f"s3://{BUCKET}")
    assert files.get(PICTURE.key) is None
    data = bytes(range(256)) * 4096
    files.put(PICTURE.key, data)
    assert files.get(PICTURE.key) == data
    [kept] = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert kept["Key"] == PICTURE.key
    [rule] = TEMPLATE["Resources"]["SentFiles"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == KEPT_DAYS
    s3.delete_object(Bucket=BUCKET, Key=kept["Key"])
    made: list[bytes] = []

    def make(*_: object) -> bytes:
        made.append(b"again")
        return b"again"

    described = PICTURE.model_dump(mode="json")
    for _ in range(2):
        file = Attachments(None, files, make).attach(MESSAGE, described).file  # type: ignore[arg-type]
        assert file is not None
        assert file.data == b"again"
    assert len(made) == 1


@pytest.mark.parametrize(("action", "said"), [("s3:GetObject", "read"), ("s3:PutObject", "keep")])
def test_a_bucket_that_refuses_leaves_the_message_unsent(s3: Any, action: str, said: str) -> None:
    refuse(s3, action)
    files = open_files(f"s3://{BUCKET}")
    with pytest.raises(FilesUnavailable, match=f"refused to {said} a file \\((AccessDenied|403)"):
        files.get(PICTURE.key) if said == "read" else files.put(PICTURE.key, b"x")
    attachments = Attachments(None, files, lambda *_: b"x")  # type: ignore[arg-type]
    with pytest.raises(NotSent, match="refused to"):
        attachments.attach(MESSAGE, PICTURE.model_dump(mode="json"))


def test_a_bucket_that_is_not_there_is_no_missing_file(s3: Any) -> None:
    del s3
    files = open_files("s3://cicero-no-such-bucket")
    with pytest.raises(FilesUnavailable, match="NoSuchBucket"):
        files.get("recap/x")
    with pytest.raises(FilesUnavailable, match="NoSuchBucket"):
        files.put("recap/x", b"x")
