"""A file is made once and kept in a directory or a bucket; what fails leaves a message unsent."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.errors import BadInput, DatabaseUnavailable
from chalicelib.recap.files import RecapFile
from chalicelib.runtime import Runtime
from tests.unit.builders import make_settings, slot
from wa_session_host.sending.attachments import Attachments
from wa_session_host.sending.files import Bucket, Directory, FilesUnavailable, open_files
from wa_session_host.sending.transport import NotSent, Outgoing, Rejected

MESSAGE = Outgoing("gateway", "1@g.us", "*Absensi*", "recap:1")
PICTURE = RecapFile.of("POLRES X", slot("15:00"), "png")


class S3:
    """boto3's client, as far as a bucket needs it."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.error: Exception | None = None

    def get_object(self, **named: Any) -> Mapping[str, Any]:
        self._fail()
        key = named["Bucket"], named["Key"]
        if key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[key])}

    def put_object(self, **named: Any) -> None:
        self._fail()
        self.objects[named["Bucket"], named["Key"]] = named["Body"]

    def _fail(self) -> None:
        if self.error:
            raise self.error


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "files")


def test_both_places_return_what_was_kept(directory: Directory) -> None:
    for files in (directory, Bucket("b", "p", S3())):
        assert files.get(PICTURE.key) is None
        files.put(PICTURE.key, b"\x89PNG")
        assert files.get(PICTURE.key) == b"\x89PNG"


def test_the_setting_names_a_directory_or_a_bucket(tmp_path: Path) -> None:
    assert isinstance(open_files(str(tmp_path)), Directory)
    bucket = open_files("s3://cicero-files/prod/")
    assert isinstance(bucket, Bucket)
    assert bucket._name("recap/x.png") == "prod/recap/x.png"


def test_a_directory_forgets_old_files_and_lets_no_name_out(
    directory: Directory, tmp_path: Path
) -> None:
    directory.put("recap/old.png", b"old")
    os.utime(tmp_path / "files/recap/old.png", (0, 0))
    directory.put("recap/new.png", b"new")
    assert directory.get("recap/old.png") is None
    for files in (directory.get, lambda key: directory.put(key, b"x")):
        with pytest.raises(FilesUnavailable):
            files("../out.png")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_a_bucket_that_refuses_or_is_silent_is_unavailable(error: Exception) -> None:
    client = S3()
    client.error = error
    with pytest.raises(FilesUnavailable):
        Bucket("b", client=client).get("k")
    with pytest.raises(FilesUnavailable):
        Bucket("b", client=client).put("k", b"")


def attachments(files: Directory, *made: bytes | Exception) -> Attachments:
    """Files that are made in this order; an exception is raised."""
    left = list(made)

    def make(runtime: Runtime, file: RecapFile) -> bytes:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return Attachments(Runtime(make_settings()), files, make)


def test_every_chat_and_every_try_gets_the_bytes_that_were_made_first(directory: Directory) -> None:
    subject = attachments(directory, b"first", b"second")
    for _ in range(2):
        file = subject.attach(MESSAGE, PICTURE.model_dump(mode="json")).file
        assert file is not None
        assert (file.kind, file.data, file.mime_type) == ("image", b"first", "image/png")
    assert "first" not in repr(file)


def test_a_message_without_a_file_stays_as_it_is(directory: Directory) -> None:
    assert attachments(directory).attach(MESSAGE, None) is MESSAGE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DatabaseUnavailable("away"), NotSent),
        (FilesUnavailable("full"), NotSent),
        (OSError("no font"), NotSent),
        (BadInput("client_id", "there is no client"), Rejected),
    ],
)
def test_a_file_that_cannot_be_made_leaves_the_message_unsent(
    directory: Directory, error: Exception, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        attachments(directory, error).attach(MESSAGE, PICTURE.model_dump(mode="json"))


def test_a_description_from_a_newer_release_is_refused(directory: Directory) -> None:
    newer = PICTURE.model_dump(mode="json") | {"form": "mp4"}
    with pytest.raises(Rejected):
        attachments(directory).attach(MESSAGE, newer)
