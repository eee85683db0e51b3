"""A stage beside an older service: deployed off, cut over, deployed again, given back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.cli import cli
from local.deploy import cloudformation
from local.deploy.account import Account, AwsError, DeployError, find
from local.deploy.cutover import Move
from local.deploy.stages import Stage
from local.deploy.status import status
from local.deploy.steps import Deployment
from local.services import MotoServer
from tests.integration.deploy.conftest import NewStage
from tests.integration.deploy.gate import Gate
from tests.integration.deploy.test_deploy import OFF, ON, rules, with_everything
from tests.unit.builders import wib

COMPARED = {
    "client_id": "CONTOH",
    "posts": 3,
    "names": 40,
    "differences": [
        {"platform": "instagram", "content_id": "C1", "only": "here", "names": []},
        {"platform": "tiktok", "content_id": "7", "only": "there", "names": ["hantu"]},
    ],
    "open": [{"platform": "tiktok", "content_id": None, "why": "its feed was cut"}],
}


class Clock:
    """WIB time, which passes only while somebody sleeps; `woken` is called then."""

    def __init__(self, at: str) -> None:
        self.now = wib(at)
        self.woken: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.woken()


class Outbox:
    """The function `outbox` over some messages: {id: status}."""

    def __init__(self, **messages: str) -> None:
        self.messages = {int(key.removeprefix("n")): status for key, status in messages.items()}

    def __call__(self, event: Any) -> Any:
        if event["action"] == "cancel":
            self.messages[event["outbox_id"]] = "cancelled"
            return {}
        wanted = [key for key, status in self.messages.items() if status == event.get("status")]
        return {"messages": [{"outbox_id": key} for key in wanted]}


pytestmark = pytest.mark.usefixtures("new_account")


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    """One of this module's own: a new account has none of the queues that other tests share."""
    with MotoServer() as server:
        yield server


@pytest.fixture
def beside(new_stage: NewStage, account: Account) -> Deployment:
    """What a deployment makes, apart from what Chalice adds to one function and three rules."""
    made = with_everything(new_stage, account, "beside", "beside = true", 'client = "CONTOH"')
    make_functions(account, made.stage)
    made.take()
    made.resources()
    made.host()
    made.schedules()
    made.watch()
    return made


def make_functions(account: Account, stage: Stage) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "")
    role = account.client("iam").create_role(
        RoleName=stage.prefix + "sweep", AssumeRolePolicyDocument="{}"
    )
    for name in ("sweep", "outbox", "shadow"):
        account.client("lambda").create_function(
            FunctionName=stage.prefix + name,
            Runtime="python3.11",
            Handler="app.app",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": archive.getvalue()},
        )
    for name in ("open_slot_half_hour-event", "open_slot_final-event", "sweep-event"):
        account.client("events").put_rule(
            Name=stage.prefix + name, ScheduleExpression="rate(1 minute)", State="DISABLED"
        )


def log_state(account: Account, stage: Stage, state: str, ahead: timedelta = timedelta()) -> None:
    """Adds a line of the host, as it logs one a minute."""
    logs, group = account.client("logs"), f"/cicero/{stage.name}/wa-session-host"
    if not logs.describe_log_streams(logGroupName=group)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName="host")
    line = json.dumps({"message": f"account gateway is {state}"})
    at = datetime.now(UTC) + ahead
    event = {"timestamp": int(at.timestamp() * 1000), "message": line}
    logs.put_log_events(logGroupName=group, logStreamName="host", logEvents=[event])


def move(made: Deployment, clock: Clock, said: list[str]) -> Move:
    return Move(made.account, made.stage, made.source, said.append, clock, clock.sleep)


def transport(made: Deployment) -> str:
    return cloudformation.parameters(made.account, made.stage.stack)["HostTransport"]


def state(made: Deployment) -> tuple[set[str], str, bool]:
    """The schedules' states, the host's transport, and whether there are alarms on silence."""
    watched = cloudformation.status_of(made.account, made.stage.watch) is not None
    return rules(made.account, made), transport(made), watched


def command(made: Deployment, *words: str, typed: str = "") -> Any:
    return CliRunner().invoke(cli, [*words, "--project", str(made.source)], input=typed)


def test_beside_the_old_service_everything_is_off_until_accounts_are_ready_and_a_person_agrees(
    beside: Deployment, gate: Gate, functions: dict[str, Callable[[Any], Any]]
) -> None:
    assert state(beside) == (OFF, "off", False)
    gate.stop(None)
    assert beside.smoke() == "outbox read; no client run beside an older service"
    assert beside.schedules() == "off, as make cutover and make way-back leave them"
    assert [call for call in gate.changes if "run_client" in call] == []
    found = find(beside.account, beside.stage)
    assert ", sends off" in dict(status(beside.account, beside.stage, found))["host"]

    gate.stop(None)
    unheard = command(beside, "cutover", "beside", "--yes")
    assert gate.changes == []
    log_state(beside.account, beside.stage, "not ready: unpaired since 2026")
    gate.stop(None)
    unpaired = command(beside, "cutover", "beside", "--yes")
    assert gate.changes == []
    assert "account gateway is not heard of" in str(unheard.exception)
    assert "account gateway is not ready: unpaired" in str(unpaired.exception)
    assert isinstance(unheard.exception, DeployError)

    def compared(event: Any) -> Any:
        return COMPARED if "client_id" in event else {"clients": ["CONTOH"]}

    functions["shadow"] = compared
    log_state(beside.account, beside.stage, "ready, sends off")
    assert "no shadow run" in command(beside, "cutover", "beside").output
    shown = command(beside, "shadow", "--stage", "beside")
    assert shown.exit_code == 0, shown.exception
    assert shown.output.splitlines() == [
        "CONTOH: 3 posts and 40 names compared",
        "  only the API shows instagram C1",
        "  tiktok 7: only the database has hantu",
        "  not compared: tiktok posts: its feed was cut",
        "1 clients compared, 1 with differences, 1 not in full",
    ]
    gate.stop(None)
    ran = command(beside, "cutover", "beside", typed="besides\n")
    assert "1 clients compared, 1 with differences, 1 not in full" in ran.output
    assert "every WhatsApp account is ready" in ran.output
    assert "the name was not repeated" in str(ran.exception)
    assert gate.changes == []


def test_it_takes_over_between_slots_and_on_the_way_back_lets_what_is_in_flight_end(
    beside: Deployment, gate: Gate, functions: dict[str, Callable[[Any], Any]]
) -> None:
    clock, said = Clock("14:23"), list[str]()
    log_state(beside.account, beside.stage, "ready, sends off")
    switched: list[datetime] = []

    def woken() -> None:
        log_state(beside.account, beside.stage, "ready")
        assert (rules(beside.account, beside), transport(beside)) == (OFF, "neonize")
        switched.append(clock.now)

    clock.woken = woken
    move(beside, clock, said).cut_over()
    assert state(beside) == (ON, "neonize", True)
    assert clock.now == switched[-1] == wib("14:25")
    assert said[-1] == "The first slot is 14:30 WIB."

    gate.stop(None)
    again = move(beside, clock, said)
    assert again.is_done()
    again.cut_over()
    assert [call for call in gate.changes if call != "UpdateTerminationProtection"] == []
    assert beside.schedules() == "on, as make cutover and make way-back leave them"
    beside.resources()
    beside.host()
    assert transport(beside) == "neonize"

    clock.now, account = wib("23:00"), beside.account
    outbox = functions["outbox"] = Outbox(n1="pending", n2="sent", n3="retrying", n4="uncertain")
    sqs = account.client("sqs")
    queue = sqs.get_queue_url(QueueName="cicero-beside-engagement")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="a job")

    def drained() -> None:
        on = {name for name, state in find(account, beside.stage).rules.items() if state in ON}
        assert on == {"cicero-fetch-beside-sweep-event"}
        sqs.purge_queue(QueueUrl=queue)

    clock.woken = drained
    move(beside, clock, said).way_back()
    assert state(beside) == (OFF, "off", False)
    assert outbox.messages == {1: "cancelled", 2: "sent", 3: "cancelled", 4: "uncertain"}
    assert "  outbox 4: uncertain; look whether it arrived" in said

    sqs.send_message(QueueUrl=queue, MessageBody="a job")
    clock.woken = lambda: None
    replace(move(beside, clock, said), patience_seconds=60).way_back()
    assert "  engagement: 1 waiting, 0 in hand, which nobody does any more; it expires" in said


def test_wherever_it_is_stopped_it_is_called_again(beside: Deployment, gate: Gate) -> None:
    clock = Clock("23:00")
    clock.woken = lambda: log_state(beside.account, beside.stage, "ready")
    for change in range(1, 6):
        gate.stop(change)
        with suppress(*AwsError):
            move(beside, clock, []).cut_over()
        assert len(gate.changes) >= change, "it was stopped there"
    gate.stop(None)
    move(beside, clock, []).cut_over()
    assert state(beside) == (ON, "neonize", True)


def test_a_stage_that_is_beside_nothing_has_neither(
    new_stage: NewStage, gate: Gate, project: Path
) -> None:
    made = new_stage("alone")
    gate.stop(None)
    for name in ("cutover", "way-back"):
        ran = command(made, name, "alone", "--yes")
        assert "Write `beside = true` into .chalice/stages/alone.toml" in str(ran.exception)
    assert gate.changes == []
