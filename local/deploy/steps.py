"""The order of a deployment's steps, and what each reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chalicelib.slots import WIB, Slot
from local.deploy import bundles, cloudformation, functions, sources
from local.deploy.account import Account, AwsError, DeployError, find
from local.deploy.preflight import preflight
from local.deploy.project import write_project, write_state
from local.deploy.stacks import apply_resources, apply_watch, make_service_role
from local.deploy.stages import Stage

Say = Callable[[str], None]
Told = str | None


@dataclass
class Deployment:
    """One stage of one account. `source` is the project, to which only Chalice's record of the
    stage is added; `work` is the directory that Chalice deploys, of the files that git has in the
    project; `chalice` is what runs Chalice. Without `tables` these are left
    unchanged, for code that is older than they are."""

    source: Path
    work: Path
    stage: Stage
    account: Account
    tables: bool = True
    chalice: functions.Command = functions.CHALICE

    def run(self, say: Say) -> None:
        """Brings the stage up to date with the project; switches its schedules on or off last.

        The tables come before the functions, by means of the new `migrate` alone. New rules start
        disabled, existing ones keep their state meanwhile.
        """
        self._step(say, "preflight", lambda: self.preflight(say))
        self._step(say, "resources", self.resources)
        self._step(say, "package", self.package)
        if self.tables:
            self._step(say, "migrate", self.migrate)
        self._step(say, "functions", self.functions)
        self._step(say, "host", self.host)
        self._step(say, "smoke", self.smoke)
        self._step(say, "keep", self.keep)
        self._step(say, "schedules", self.schedules)
        self._step(say, "watch", self.watch)

    def preflight(self, say: Say) -> None:
        for remark in (*self.take(), *preflight(self.account, self.stage)):
            say(f"  note: {remark}")

    def take(self) -> list[str]:
        """Takes the files that all further steps deploy; returns remarks on them."""
        return sources.take(self.source, self._files)

    def resources(self) -> Told:
        if self.stage.host:
            make_service_role(self.account)
        return apply_resources(*self._stack(), host=False)

    def package(self) -> Told:
        secrets = self.account.client("ssm").get_parameter(Name=self.stage.secrets)["Parameter"]
        version = str(secrets["Version"])
        write_project(self._files, self.work, self.stage, self.account.number(), version)
        self._bundle = functions.package(self.work, self.stage.architecture)
        size = self._bundle.stat().st_size / 1e6
        return f"{size:.1f} MB for {self.stage.architecture}"

    def migrate(self) -> Told:
        """Deploys only `migrate`, and runs it."""
        self._deploy(only="migrate")
        answer = functions.invoke(self.account, self.stage.prefix + "migrate", {})
        told = f"{answer['from'] or 'empty'} → {answer['to']}"
        warning = answer.get("warning")
        return f"{told}\n  warning: {warning}" if warning else told

    def functions(self) -> Told:
        self._deploy()
        found = find(self.account, self.stage)
        write_state(self.source, self.stage, found)  # for `chalice invoke` and `chalice logs`
        return f"{len(found.functions)}"

    def host(self) -> Told:
        status = apply_resources(*self._stack(), host=True)
        if self.stage.host is None:
            return "none"
        group = cloudformation.outputs(self.account, self.stage.stack).get("HostSecurityGroupId")
        return f"{status}; let the security group {group} into PostgreSQL and Redis"

    def smoke(self) -> Told:
        """Reads the outbox, which needs code, secrets and database; then one client's run."""
        prefix = self.stage.prefix
        functions.invoke(self.account, prefix + "outbox", {"action": "list", "most": 1})
        if self.stage.client is None:
            return "outbox read; no client named"
        if self.stage.beside:
            return "outbox read; no client run beside an older service"
        if Slot.latest(datetime.now(WIB)) is None:
            return "outbox read; no client run, for today has had no slot yet"
        event = {"client_id": self.stage.client}
        answer = functions.invoke(self.account, prefix + "run_client", event)
        return f"outbox read; {answer['client']} runs its slot of {answer['slot']}"

    def keep(self) -> None:
        bundles.keep(self.account, self.stage, self._bundle, functions.runtime())

    def schedules(self) -> Told:
        """Beside an older service they stay as they are; new ones are off."""
        if self.stage.beside:
            on = "on" if self._are_on() else "off"
            return f"{on}, as make cutover and make way-back leave them"
        events = self.account.client("events")
        for rule in find(self.account, self.stage).rules:
            (events.enable_rule if self.stage.schedules else events.disable_rule)(Name=rule)
        return "on" if self.stage.schedules else "off, as the stage's file says"

    def watch(self) -> Told:
        return apply_watch(*self._stack(), on=self._are_on())

    def _deploy(self, only: str | None = None) -> None:
        found = find(self.account, self.stage)
        functions.deploy(self.work, self.stage, found, only, self.chalice)

    def _are_on(self) -> bool:
        return set(find(self.account, self.stage).rules.values()) == {"ENABLED"}

    def _stack(self) -> tuple[Account, Path, Stage]:
        return self.account, self._files, self.stage

    @property
    def _files(self) -> Path:
        return self.work.with_suffix(".source")

    def _step(self, say: Say, name: str, do: Callable[[], Told]) -> None:
        began = time.monotonic()
        say(f"{name} ...")
        try:
            told = do()
        except (*AwsError, DeployError) as error:
            raise DeployError(f"{name}: {error}") from error
        say(f"  {told or 'done'} ({time.monotonic() - began:.0f} s)")
