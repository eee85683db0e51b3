"""The embedded services, really started: a stop and a start, several at once, no orphans."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pg8000.native
import pytest
import redis

from local.resources import create_queues, sqs_client
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer, ServiceError
from local.services.ports import free_port
from local.services.process import ChildProcess
from local.services.redis_server import find_redis_server
from tests.integration.waiting import PATIENCE_SECONDS, wait_until

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


def connect(url: str) -> Any:
    parts = urlsplit(url)
    assert parts.scheme == "postgresql"
    assert parts.username == "postgres"
    directory = parse_qs(parts.query)["host"][0]
    return pg8000.native.Connection(
        parts.username,
        database=unquote(parts.path.removeprefix("/")),
        unix_sock=f"{directory}/.s.PGSQL.5432",
    )


def ask(url: str, statement: str) -> Any:
    with closing(connect(url)) as connection:
        return connection.run(statement)


def test_postgres_is_18_and_not_durable(postgres: EmbeddedPostgres) -> None:
    settings = ("server_version", "fsync", "synchronous_commit", "max_connections", "jit")
    values = [ask(postgres.url, f"SHOW {name}")[0][0] for name in settings]
    assert values[0].startswith("18")
    assert values[1:] == ["off", "off", "200", "off"]


def test_postgres_folds_the_case_of_any_letter(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres.url, "SELECT lower('POLRÉS')") == [["polrés"]]


def test_a_created_database_is_fresh_and_may_copy_a_template(postgres: EmbeddedPostgres) -> None:
    template = postgres.create_database("template_of_mine")
    ask(template, "CREATE TABLE t AS SELECT 1 AS x")
    copy = postgres.create_database('odd "name"', template="template_of_mine")
    assert ask(copy, "SELECT x FROM t") == [[1]]
    again = postgres.create_database('odd "name"')
    assert again == copy
    assert ask(again, "SELECT to_regclass('t')") == [[None]]


def test_psql_speaks_at_this_terminal(
    postgres: EmbeddedPostgres, capfd: pytest.CaptureFixture[str]
) -> None:
    assert postgres.psql("-At", "-c", "SELECT 40 + 2") == 0
    assert capfd.readouterr().out == "42\n"


def test_postgres_drops_connections_and_comes_back_with_its_data(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data") as postgres:
        url = postgres.url
        ask(url, "CREATE TABLE t AS SELECT 1 AS x")
        held = connect(url)
        postgres.stop()
        postgres.stop()
        with pytest.raises(pg8000.exceptions.InterfaceError):
            held.run("SELECT 1")
        with pytest.raises(pg8000.exceptions.InterfaceError):
            held.close()
        postgres.start()
        assert postgres.url == url
        assert ask(url, "SELECT x FROM t") == [[1]]
    with EmbeddedPostgres(tmp_path / "data") as reopened:
        assert ask(reopened.url, "SELECT x FROM t") == [[1]]


def test_a_long_directory_name_still_gets_a_socket(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("d" * 120)) as postgres:
        assert ask(postgres.url, "SELECT 1") == [[1]]
        directory = Path(parse_qs(urlsplit(postgres.url).query)["host"][0])
    assert not directory.exists()


def test_a_second_server_on_the_same_data_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(ServiceError, match="another PostgreSQL is running"):
        EmbeddedPostgres(postgres.data_dir).start()
    assert ask(postgres.url, "SELECT 1") == [[1]]


def test_two_redis_servers_are_apart_and_start_again_empty_on_their_port() -> None:
    with EmbeddedRedis() as one, EmbeddedRedis() as two:
        url = one.url
        assert url != two.url
        with redis.Redis.from_url(url) as mine, redis.Redis.from_url(two.url) as other:
            mine.set("key", "value")
            assert other.get("key") is None
            one.stop()
            with pytest.raises(redis.ConnectionError):
                mine.get("key")
            one.start()
            assert one.url == url
            assert mine.get("key") is None


def test_a_redis_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n", encoding="utf-8")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis_server() == own


def test_a_server_that_cannot_start_tells_its_log(moto: MotoServer) -> None:
    taken = urlsplit(moto.url).port
    with pytest.raises(ServiceError, match="Address already in use"):
        EmbeddedRedis(taken).start()


def test_a_server_that_ends_is_told_with_its_own_code_and_words() -> None:
    process = ChildProcess("quitter", ["/bin/sh", "-c", "echo why; exit 3"])
    with pytest.raises(ServiceError) as told:
        process.wait_until(lambda: False, timeout=PATIENCE_SECONDS)
    assert str(told.value) == "quitter ended with code 3:\nwhy"


def test_a_server_that_never_answers_is_given_up() -> None:
    process = ChildProcess("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(ServiceError, match=r"sleeper gave no answer within 0.1 seconds"):
        process.wait_until(lambda: False, timeout=0.1)


TEMPLATE = {
    "Parameters": {"Stage": {"Type": "String"}, "Tries": {"Type": "Number", "Default": 1}},
    "Resources": {
        "Jobs": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": "cicero-${Stage}-jobs.fifo"},
                "FifoQueue": True,
                "VisibilityTimeout": 900,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["JobsDlq", "Arn"]},
                    "maxReceiveCount": {"Ref": "Tries"},
                },
            },
        },
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Fn::If": ["a", "b", "c"]}},
        "JobsDlq": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": {"Fn::Sub": "cicero-${Stage}-dlq.fifo"}, "FifoQueue": True},
        },
    },
}


def test_queues_come_from_the_template_and_a_message_dies_into_the_dlq(
    moto: MotoServer, tmp_path: Path
) -> None:
    template = tmp_path / "resources.json"
    template.write_text(json.dumps(TEMPLATE), encoding="utf-8")
    first = create_queues(template, "redrive", moto.url)
    urls = create_queues(template, "redrive", moto.url, overrides={"VisibilityTimeout": "0"})
    assert urls == first
    jobs, dead = urls["cicero-redrive-jobs.fifo"], urls["cicero-redrive-dlq.fifo"]
    with closing(sqs_client(moto.url)) as sqs:
        group = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
        sqs.send_message(QueueUrl=jobs, MessageBody="hello", **group)
        assert sqs.receive_message(QueueUrl=jobs)["Messages"][0]["Body"] == "hello"
        assert "Messages" not in sqs.receive_message(QueueUrl=jobs)
        assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "hello"


def test_the_project_template_gives_the_queues_others_rely_on(moto: MotoServer) -> None:
    urls = create_queues(PROJECT / ".chalice/resources.json", "unit", moto.url)
    ends = ("fetch", "fetch-dlq", "engagement", "engagement-dlq", "wa.fifo", "wa-dlq.fifo")
    assert set(urls) == {f"cicero-unit-{end}" for end in ends}


START_AND_SLEEP = """
import sys, threading, time
from pathlib import Path
from local.services import EmbeddedPostgres, EmbeddedRedis
postgres, redis = EmbeddedPostgres(Path(sys.argv[1])), EmbeddedRedis()
starter = threading.Thread(target=lambda: (postgres.start(), redis.start()))
starter.start()
starter.join()
print(redis.url, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_process_that_started_it(
    tmp_path: Path, ending: signal.Signals
) -> None:
    command = [sys.executable, "-c", START_AND_SLEEP, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        postmaster = int((tmp_path / "data/postmaster.pid").read_text().splitlines()[0])
        process.send_signal(ending)
    wait_until(lambda: not running(postmaster) and not answers(url))


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def answers(url: str) -> bool:
    with redis.Redis.from_url(url, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def test_a_free_port_is_free() -> None:
    assert free_port() != free_port()
