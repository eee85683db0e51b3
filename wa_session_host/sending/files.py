"""Where the files that are sent are kept: a directory on this machine, or a bucket of S3.

A file is made once and kept under its name, so that every try, and every chat, gets the same bytes.
"""

from __future__ import annotations

import logging
import re
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol

from chalicelib.errors import CiceroError

log = logging.getLogger(__name__)

KEPT_DAYS = 30
"""After this a directory's files are deleted; the bucket's own rule does the same."""

_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})(?:/(?P<prefix>[A-Za-z0-9/_-]*))?")


class FilesUnavailable(CiceroError):
    """The place where files are kept cannot be read or written."""

    kind = "files"


class Files(Protocol):
    """Bytes by name. Both raise FilesUnavailable."""

    def get(self, key: str) -> bytes | None:
        """What is kept under this name; None if nothing is."""

    def put(self, key: str, data: bytes) -> None:
        """Keeps it under this name, whole or not at all."""


def open_files(where: str) -> Files:
    """The place that the setting RECAP_FILES_PATH names."""
    found = _BUCKET.fullmatch(where)
    if found is None:
        return Directory(Path(where))
    return Bucket(found["bucket"], (found["prefix"] or "").strip("/"))


class Directory:
    """Made when something is kept in it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def get(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FilesUnavailable(f"a file cannot be read ({type(error).__name__})") from None

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(data)
            Path(file.name).replace(path)
        except OSError as error:
            raise FilesUnavailable(f"a file cannot be kept ({type(error).__name__})") from None
        self._forget(time.time() - KEPT_DAYS * 86_400)

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root):
            raise FilesUnavailable("a file's name leads out of the directory")
        return path

    def _forget(self, before: float) -> None:
        for path in self._root.rglob("*"):
            with suppress(OSError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()


class Bucket:
    """`client` is boto3's, or anything with its calls."""

    def __init__(self, bucket: str, prefix: str = "", client: Any = None) -> None:
        self._bucket, self._prefix, self._given = bucket, prefix, client

    def get(self, key: str) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
            data: bytes = found["Body"].read()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "NoSuchKey":
                return None
            raise FilesUnavailable(f"S3 refused to read a file ({code})") from None
        except BotoCoreError as error:
            raise FilesUnavailable(f"S3 did not answer ({type(error).__name__})") from None
        return data

    def put(self, key: str, data: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=data)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise FilesUnavailable(f"S3 refused to keep a file ({code})") from None
        except BotoCoreError as error:
            raise FilesUnavailable(f"S3 did not answer ({type(error).__name__})") from None

    def _name(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    @property
    def _client(self) -> Any:
        if self._given is None:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3}
            )
            self._given = boto3.client("s3", config=config)
        return self._given
