"""Taking over from an older service, and giving back to it, for a stage with `beside = true`.

Such a stage is deployed with its schedules and its sends off, and a deployment leaves both as they
are: only these two switch them. What is on and off is all that is kept, and it is in the account;
so either can be interrupted anywhere and called again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from chalicelib.slots import CATCH_UP_LIMIT, WIB, slots_of
from local.deploy import cloudformation, functions
from local.deploy.account import Account, DeployError, find
from local.deploy.preflight import settings_of
from local.deploy.stacks import apply_resources, apply_watch, transport_of
from local.deploy.stages import Stage
from local.deploy.waiting import check_ready, queues
from local.shadow import last_report

_BEFORE_A_SLOT = timedelta(minutes=2)
_HEARD = timedelta(minutes=3)
_POLL_SECONDS = 10
_IN_FLIGHT = ("fetch", "engagement", "wa.fifo")
_UNSENT = ("pending", "retrying")
_UNCLEAR = ("processing", "uncertain")


@dataclass(frozen=True)
class Move:
    """One stage, and the person at the terminal. `clock` tells the WIB time that slots are compared
    with."""

    account: Account
    stage: Stage
    project: Path
    say: Callable[[str], None]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    patience_seconds: int = 600

    def check(self) -> None:
        """Raises DeployError for a stage that neither command is for, or that is not whole."""
        if not self.stage.beside:
            raise DeployError(
                f"Stage {self.stage.name} is not beside an older service: `make deploy` switches "
                f"its schedules. Write `beside = true` into .chalice/stages/{self.stage.name}.toml."
            )
        found = find(self.account, self.stage)
        if not found.rules or not found.functions:
            raise DeployError(f"Stage {self.stage.name} is not deployed: make deploy first.")

    def is_done(self) -> bool:
        """Whether the stage has taken over: all schedules on, and sends, if it has a host."""
        return self._are_on() and self._transport() == "neonize"

    def remarks(self) -> Iterator[str]:
        """What a person must know before the stage takes over. Raises DeployError for an account
        that cannot send."""
        report = last_report(self.project, self.stage)
        yield (
            f"shadow run of {report.at}: {report}"
            if report
            else (
                "no shadow run of all clients from this machine: "
                f"python -m local shadow --stage {self.stage.name}"
            )
        )
        if self.stage.host:
            self._check_ready(datetime.now(UTC) - _HEARD)
            yield "every WhatsApp account is ready"
        else:
            yield "no [host] in the stage's file: the host that sends is started by you"
        if waiting := sum(queues(self.account, self.stage).get("wa.fifo", ())):
            yield f"{waiting} messages wait and will be sent"
        yield "the old service is stopped for good, its cron jobs too: nobody checks this but you"

    def cut_over(self) -> None:
        """Sends on, then, at a moment between slots, schedules and alarms."""
        if self.stage.host and self._transport() != "neonize":
            self.say("host: sends on ...")
            changed = datetime.now(UTC)
            self._apply_host("neonize")
            self._wait_until_ready(changed)
        if not self._are_on():
            self._wait_for_quiet()
            self._switch([name for name in self._rules() if "open_slot" in name], on=True)
            self._switch(list(self._rules()), on=True)
        self.say("schedules: on")
        apply_watch(self.account, self.project, self.stage, on=True)
        self.say(f"The first slot is {_next_slot(self.clock()):%H:%M} WIB.")

    def way_back(self) -> None:
        """Schedules off, what is in flight finishes, sends off; what is left is named."""
        cloudformation.delete(self.account, self.stage.watch)  # or it would alarm at the silence
        self._switch([name for name in self._rules() if "open_slot" in name], on=False)
        self.say("schedules: off; waiting for what is in flight (Ctrl-C is safe, call it again)")
        self._drain()
        self._switch(list(self._rules()), on=False)
        if self.stage.host:
            self.say("host: sends off ...")
            self._apply_host("off")
        self._cancel_unsent()

    def _rules(self) -> dict[str, str]:
        return find(self.account, self.stage).rules

    def _are_on(self) -> bool:
        return set(self._rules().values()) == {"ENABLED"}

    def _transport(self) -> str:
        return transport_of(self.account, self.stage) if self.stage.host else "neonize"

    def _apply_host(self, transport: str) -> None:
        apply_resources(self.account, self.project, self.stage, host=True, transport=transport)

    def _switch(self, rules: list[str], *, on: bool) -> None:
        events = self.account.client("events")
        for rule in rules:
            (events.enable_rule if on else events.disable_rule)(Name=rule)

    def _check_ready(self, since: datetime) -> None:
        settings = settings_of(self.stage)
        names = {settings.gateway_wa_client_id, settings.wa_log_client_id or ""} - {""}
        check_ready(self.account, self.stage, sorted(names), since)

    def _wait_until_ready(self, since: datetime) -> None:
        for left in range(self.patience_seconds, -1, -_POLL_SECONDS):
            try:
                return self._check_ready(since)
            except DeployError as error:
                if left < _POLL_SECONDS:
                    raise DeployError(f"{error} The schedules are still off.") from error
            self.sleep(_POLL_SECONDS)
        return None

    def _wait_for_quiet(self) -> None:
        begins = quiet_from(self.clock())
        if begins > self.clock():
            self.say(f"schedules: on at {begins:%H:%M} WIB, between slots (Ctrl-C is safe) ...")
        while (begins := quiet_from(self.clock())) > self.clock():
            self.sleep(min(_POLL_SECONDS, (begins - self.clock()).total_seconds()))

    def _drain(self) -> None:
        """Waits until no job and no message is left, and names what is after `patience_seconds`."""
        left: dict[str, object] = {}
        for _ in range(0, self.patience_seconds, _POLL_SECONDS):
            found = queues(self.account, self.stage)
            left = {name: found[name] for name in _IN_FLIGHT if sum(found[name])}
            if not left:
                return
            self.sleep(_POLL_SECONDS)
        for name, depth in left.items():
            self.say(f"  {name}: {depth}, which nobody does any more; it expires")

    def _cancel_unsent(self) -> None:
        """Cancels what was not sent: an old sender would take it for its own."""
        outbox = self.stage.prefix + "outbox"
        for status in _UNSENT:
            while rows := self._messages(status):
                for row in rows:
                    event = {"action": "cancel", "outbox_id": row}
                    functions.invoke(self.account, outbox, event)
                    self.say(f"  outbox {row}: cancelled, was {status}")
        for status in _UNCLEAR:
            for row in self._messages(status):
                self.say(f"  outbox {row}: {status}; look whether it arrived")

    def _messages(self, status: str) -> list[int]:
        event = {"action": "list", "status": status, "most": 200}
        answer = functions.invoke(self.account, self.stage.prefix + "outbox", event)
        return [int(message["outbox_id"]) for message in answer["messages"]]


def quiet_from(now: datetime) -> datetime:
    """The first moment from `now` on that is between slots: `sweep` would open a slot that is
    younger than CATCH_UP_LIMIT and that the older service has had. Pure."""
    day = now.astimezone(WIB).date()
    days = (day + timedelta(days=n) for n in (-1, 0, 1))
    slots = [slot.at for each in days for slot in slots_of(each)]
    for slot, following in pairwise(slots):
        begins, ends = slot + CATCH_UP_LIMIT, following - _BEFORE_A_SLOT
        if begins < ends and now < ends:
            return max(begins, now)
    raise AssertionError("a day ends with its last slot")  # pragma: no cover


def _next_slot(now: datetime) -> datetime:
    day = now.astimezone(WIB).date()
    return next(s.at for n in (0, 1) for s in slots_of(day + timedelta(days=n)) if s.at > now)
