"""The services that a local run needs: those that are set are used, the others are started.

Every process of the run gets the same environment, `Stack.environment`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.platforms import PLATFORMS
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings, load_settings
from local.environment import environment, given_environment
from local.host_process import HOST
from local.resources import create_queues, default_region
from local.running import AlreadyRunning, Claim, announced, running
from local.sandbox import Sandbox, Scenario
from local.seed import seed
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / ".chalice" / "resources.json"

API_HOSTS = tuple(f"RAPIDAPI_{platform.upper()}_HOST" for platform in PLATFORMS)

Say = Callable[[str], None]


class Stack:
    """A running stack. `sandbox` is None if an outside API is used; `host_command` starts the host.

    `scenario` fills an embedded database and is what the sandbox API plays. `visibility` is how
    long, in seconds, a queue waits before it redelivers the message of a killed worker. `given`
    stands in for the process's environment and `.env`; such a stack joins no other.

    If a stack already uses the data directory, with the same database if one is set, this one joins
    it: `joined` is its process id, and its services count as set. Only a stack that `stays` (runs
    until it is stopped) can be joined; any other raises AlreadyRunning.
    """

    def __init__(
        self,
        data_dir: Path,
        scenario: Scenario,
        say: Say = lambda text: None,
        visibility: int = 5,
        given: Mapping[str, str] | None = None,
        stays: bool = False,
    ) -> None:
        self._data_dir = data_dir
        self._stays = stays
        self._scenario = scenario
        self._say = say
        self._visibility = visibility
        self._given = given
        self._parts = ExitStack()
        self.sandbox: Sandbox | None = None
        self.postgres: EmbeddedPostgres | None = None
        self.redis: EmbeddedRedis | None = None
        self.environment: dict[str, str] = {}
        self.joined: int | None = None
        self.host_command: Sequence[str] = HOST
        self._claim: Claim | None = None

    def __enter__(self) -> Self:
        self.environment = dict(given_environment() if self._given is None else self._given)
        try:
            self._join()
            self._start()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def settings(self, **changes: str) -> Settings:
        """The settings that a process with this environment has."""
        with environment(self.environment | changes):
            return load_settings(env_file=None)

    def database(self) -> Database:
        """A new connection to the stack's database, for the caller to close."""
        return Database(self.environment["DATABASE_URL"])

    def runtime(self, **changes: str) -> Runtime:
        """A runtime in this process, as a worker would have it."""
        with environment(self.environment | changes):
            made = Runtime(load_settings(env_file=None))
            _ = made.queues.client
        return made

    def _join(self) -> None:
        """Claims the data directory, or joins the stack that uses it. With another database than
        that one it shares nothing with it, and does not wait for it."""
        given = self.environment.get("DATABASE_URL")
        found = None
        while found is None:
            self._claim = Claim.of(self._data_dir)
            if self._claim is not None:
                self._parts.callback(self._claim.close)
                return
            if given is None:
                found = running(self._data_dir)
            elif (found := announced(self._data_dir)) is None:
                return
        if given not in (None, found.settings["DATABASE_URL"]):
            return
        if self._given is not None or self._stays or not found.stays:
            raise AlreadyRunning(self._data_dir, found.pid)
        self.joined = found.pid
        self.environment = {**found.settings, **self.environment}

    def _start(self) -> None:
        env, given = self.environment, dict(self.environment)
        if "DATABASE_URL" not in env:
            self._say("PostgreSQL")
            self.postgres = self._enter(EmbeddedPostgres(self._data_dir / "postgres"))
            env["DATABASE_URL"] = self.postgres.url
        if "REDIS_URL" not in env:
            self._say("Redis")
            self.redis = self._enter(EmbeddedRedis())
            env["REDIS_URL"] = self.redis.url
        self._start_api()
        self._start_aws()
        sessions = Path(env.get("WA_AUTH_DATA_PATH") or self._data_dir / "wa")
        env["WA_AUTH_DATA_PATH"] = str(sessions.resolve())
        env.setdefault("WA_POLL_SECONDS", "1")
        env.setdefault("JOB_RETRY_SECONDS", "1")
        env.setdefault("LOG_LEVEL", "WARNING")
        self.settings()  # before anything is written, so that wrong settings are one clear error
        self._say("migrations")
        migrate(env["DATABASE_URL"])
        if self.postgres is not None:
            seed(env["DATABASE_URL"], self._scenario)
        if self._claim is not None:
            made = {name: value for name, value in env.items() if given.get(name) != value}
            made["DATABASE_URL"] = env["DATABASE_URL"]
            self._claim.announce(made, self._stays)

    def _start_api(self) -> None:
        env = self.environment
        if all(name in env for name in API_HOSTS):
            return
        self._say("sandbox API")
        self.sandbox = self._enter(Sandbox(self._scenario))
        for name in API_HOSTS:
            env.setdefault(name, self.sandbox.url)
        env.setdefault("RAPIDAPI_KEY", "sandbox")

    def _start_aws(self) -> None:
        env = self.environment
        if "AWS_ENDPOINT_URL" not in env and "AWS_ENDPOINT_URL_SQS" not in env:
            self._say("SQS (moto)")
            env["AWS_ENDPOINT_URL"] = self._enter(MotoServer()).url
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            env.setdefault(name, "local")
        env.setdefault("AWS_DEFAULT_REGION", default_region())
        endpoint = env.get("AWS_ENDPOINT_URL_SQS") or env["AWS_ENDPOINT_URL"]
        overrides = {"VisibilityTimeout": str(self._visibility)}
        stage = env.setdefault("CICERO_STAGE", "local")
        with environment(env):
            create_queues(TEMPLATE, stage, endpoint, overrides=overrides)

    def _enter(self, part: Any) -> Any:
        return self._parts.enter_context(part)
