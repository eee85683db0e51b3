"""Who answers a command: the service here, or a deployed stage through its functions.

Both run the same handlers with the same payloads, so a command has one shape of answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
from click.shell_completion import CompletionItem

from chalicelib.errors import BadInput, CiceroError
from local.access import DATA, reading, stack
from local.environment import environment, given_environment
from local.running import running

if TYPE_CHECKING:
    from chalicelib.runtime import Runtime

PROJECT = Path(__file__).resolve().parents[2]

_REFUSALS = {"BadInput", "ConfigurationError", "DatabaseUnavailable"}


class Place(Protocol):
    """Where handlers run."""

    def ask(self, handler: str, event: Mapping[str, Any], whole: bool = False) -> Any:
        """The handler's answer, as JSON gives it. `whole`: it needs queues or APIs, not only the
        database. Raises a CiceroError."""


class Refused(BadInput):
    """A function on a stage refused its input or its settings."""

    def __init__(self, text: str) -> None:
        CiceroError.__init__(self, text)


class Here:
    """The running stack (`make dev`), or the services that the settings name. If there are neither,
    the embedded database alone, or a stack for as long as the command runs."""

    def ask(self, handler: str, event: Mapping[str, Any], whole: bool = False) -> Any:
        from chalicelib import handlers, runtime

        with runtime_here(whole) as here:
            runtime.use(here)
            try:
                return json.loads(json.dumps(getattr(handlers, handler)(dict(event))))
            finally:
                runtime.use(None)


class OnStage:
    """A deployed stage. `call` invokes a function by its name: (name, payload) → Lambda's own
    response; without it the account that this machine is signed in to is used."""

    def __init__(
        self, stage: str, call: Callable[[str, bytes], Mapping[str, Any]] | None = None
    ) -> None:
        self._stage = stage
        self._call = call

    def ask(self, handler: str, event: Mapping[str, Any], whole: bool = False) -> Any:  # noqa: ARG002
        payload = json.dumps(event).encode()
        name = f"cicero-fetch-{self._stage}-{handler}"
        answer = self._call(name, payload) if self._call else _invoke(self._stage, name, payload)
        content = json.loads(answer["Payload"].read() or b"null")
        if not answer.get("FunctionError"):
            return content
        told = content if isinstance(content, dict) else {}
        text = str(told.get("errorMessage", content))
        refused = told.get("errorType") in _REFUSALS
        raise Refused(text) if refused else CiceroError(f"{name} failed: {text}")


def _invoke(stage: str, name: str, payload: bytes) -> Mapping[str, Any]:
    from local.deploy.account import Account, AwsError, DeployError
    from local.deploy.stages import load_stage

    with Account(load_stage(PROJECT, stage).region) as account:
        aws = account.client("lambda", seconds=930, tries=1)
        try:
            answer: Mapping[str, Any] = aws.invoke(FunctionName=name, Payload=payload)
            return {**answer, "Payload": _Read(answer["Payload"].read())}
        except AwsError as error:
            raise DeployError(f"{name} cannot be invoked: {error}") from error


class _Read:
    """A body that was read while its connection was open."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        return self._body


@contextmanager
def runtime_here(whole: bool) -> Iterator[Runtime]:
    """A runtime over what there is here; see `Here`."""
    from chalicelib.runtime import Runtime
    from chalicelib.settings import load_settings

    values = _settings_here()
    if values is None and whole:
        with stack(None) as parts:
            made = parts.runtime()
            yield made
            made.close()
    elif values is None:
        with reading() as reader:
            yield reader
    else:
        with environment(values if whole else {"RAPIDAPI_KEY": "none"} | values):
            made = Runtime(load_settings(env_file=None))
            try:
                yield made
            finally:
                made.close()


def _settings_here() -> dict[str, str] | None:
    """The running stack's settings, or those that name a database; None if there are neither."""
    given = given_environment()
    found = running(DATA)
    if found and found.stays:
        there = found.settings["DATABASE_URL"]
        if given.get("DATABASE_URL", there) == there:
            return {**found.settings, **given}
    return given if "DATABASE_URL" in given else None


def _stages(*_: Any) -> list[CompletionItem]:
    files = sorted((PROJECT / ".chalice" / "stages").glob("*.toml"))
    return [CompletionItem(file.stem) for file in files]


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `--stage` and `--json`; it is called with its `place` and `as_json`."""

    @click.option(
        "--stage",
        shell_complete=_stages,
        help="A deployed stage, through its functions; without it, what runs here.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @wraps(command)
    def with_place(stage: str | None, **arguments: Any) -> None:
        place: Place = click.get_current_context().obj or (OnStage(stage) if stage else Here())
        command(place=place, **arguments)

    return with_place
