"""A stage's file, written by hand: `.chalice/stages/STAGE.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from chalicelib.errors import BadInput
from chalicelib.settings import Settings
from local import allocator

STAGES = Path(".chalice/stages")

_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
_SET_BY_US = {"APP_ENV", "CICERO_STAGE", "CICERO_SECRETS_PARAMETER", "CICERO_NOW"}
_SECRET = re.compile(r"(_URL|_KEY|_HASH|WHATSAPP.*)$")

Subnet = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]+$")]
Group = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]+$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Vpc(_Table):
    """Where the functions' network interfaces are."""

    subnets: list[Subnet] = Field(min_length=1)
    security_groups: list[Group] = Field(min_length=1)


class Host(_Table):
    """The WhatsApp host; two subnets of its VPC, in two availability zones. `exec` allows ECS
    Exec and its port forwarding."""

    image: str = Field(pattern=r"^[^/]+/cicero-wa-host@sha256:[0-9a-f]{64}$")
    vpc: str = Field(pattern=r"^vpc-[0-9a-f]+$")
    subnets: list[Subnet] = Field(min_length=2, max_length=2)
    public_ip: bool = False
    page_from: str = ""
    exec: bool = False


class Stage(_Table):
    """One stage. `client` is the client whose run is started at the end of a deployment; `beside`
    an older service, schedules and sends are switched by `cutover` and `way-back` alone."""

    name: str
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    account: str | None = Field(None, pattern=r"^\d{12}$")
    schedules: bool = True
    beside: bool = False
    xray: bool = False
    architecture: Literal["arm64", "x86_64"] = "arm64"
    alarm_email: str = ""
    monthly_budget: int = Field(0, ge=0)
    client: str | None = None
    environment: dict[str, str] = {}
    vpc: Vpc | None = None
    host: Host | None = None

    @property
    def prefix(self) -> str:
        """The prefix of the names of functions, roles and rules."""
        return f"cicero-fetch-{self.name}-"

    @property
    def stack(self) -> str:
        return f"cicero-{self.name}"

    @property
    def watch(self) -> str:
        """The stack that watches over the other one and the functions."""
        return f"{self.stack}-watch"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything in the stage that can be tagged."""
        return {"app": "cicero-fetch", "stage": self.name}

    @property
    def secrets(self) -> str:
        return f"/cicero/{self.name}/secrets"

    @model_validator(mode="after")
    def _has_schedules_to_switch(self) -> Self:
        if self.beside and not self.schedules:
            raise ValueError("beside = true leaves the schedules to make cutover: no schedules")
        return self

    @model_validator(mode="after")
    def _has_an_address_for_its_budget(self) -> Self:
        if self.monthly_budget and not self.alarm_email:
            raise ValueError("monthly_budget needs alarm_email")
        return self

    def variables(self) -> dict[str, str]:
        """The functions' environment."""
        return {
            **self.environment,
            **allocator.SETTINGS,
            "APP_ENV": self.name,
            "CICERO_STAGE": self.name,
            "CICERO_SECRETS_PARAMETER": self.secrets,
        }


def load_stage(project: Path, name: str) -> Stage:
    """The stage of that name. Raises BadInput if it has no file, or a wrong one."""
    known = sorted(file.stem for file in (project / STAGES).glob("*.toml"))
    if name not in known or not _NAME.fullmatch(name):
        there = ", ".join(known) or "none"
        raise BadInput(
            "STAGE",
            f"there is no stage {name!r} (there are: {there})",
            f"Write {STAGES}/{name or 'NAME'}.toml for a new one: letters and digits, 20 at most.",
        )
    file = STAGES / f"{name}.toml"
    try:
        content = tomllib.loads((project / file).read_text(encoding="utf-8"))
        stage = Stage.model_validate({**content, "name": name})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(str(file), f"is no TOML ({error})") from error
    except ValidationError as error:
        raise BadInput(str(file), "; ".join(map(_problem, error.errors()))) from error
    _check_environment(file, stage)
    return stage


def _problem(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {error['msg']}" if place else str(error["msg"])


def _check_environment(file: Path, stage: Stage) -> None:
    for name in stage.environment:
        if name.lower() not in Settings.model_fields or name in _SET_BY_US:
            raise BadInput(f"{file}, {name}", "is no setting for this table", "See .env.example.")
        if _SECRET.search(name):
            raise BadInput(
                f"{file}, {name}", "is a secret", f"It belongs into the parameter {stage.secrets}."
            )
