"""What workers share, imported once in the process that they are forked from.

`app` itself is not imported here: it reads its stage on import. Making a client loads botocore's
service description into the default session, which the workers then share.
"""

import gc

import aiosql  # noqa: F401
import alembic.config  # noqa: F401
import boto3
import chalice.app  # noqa: F401
import limits.storage
import limits.strategies  # noqa: F401
import pg8000.native  # noqa: F401
import redis  # noqa: F401
import requests  # noqa: F401
import tenacity  # noqa: F401

import chalicelib.dead_letters
import chalicelib.engagement.refresh
import chalicelib.handlers
import chalicelib.manual.posts
import chalicelib.posts.fetch
import chalicelib.sweep  # noqa: F401
import local.invocation  # noqa: F401
from chalicelib.db.connection import statement

boto3.client(
    "sqs",
    region_name="local",
    endpoint_url="http://127.0.0.1",
    aws_access_key_id="local",
    aws_secret_access_key="local",  # noqa: S106 - not a secret
).close()

for query in (
    *("posts.begin", "posts.store", "posts.note_missing", "posts.end_fetch"),
    *("engagement.begin", "engagement.store_reads", "engagement.end_run"),
    *("notify.replace_lists", "outbox.add"),
):
    statement(query)

gc.collect()
gc.freeze()  # a collection in a worker would copy all that it shares
