"""The payloads of the functions that people invoke by hand."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.errors import BadInput
from chalicelib.jobs import Model, validated
from chalicelib.platforms import Platform
from chalicelib.slots import FIRST_DAY, LAST_DAY
from chalicelib.typed import storable


def _storable(text: str) -> str:
    if storable(text) != text:
        raise ValueError("it has a character that cannot be stored")
    return text


_LARGEST = 2**63 - 1

Text = Annotated[str, AfterValidator(_storable)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Id = Annotated[int, Field(ge=1, le=_LARGEST)]
"""A number that PostgreSQL gives."""


class RunClientRequest(BaseModel):
    """Payload of `run_client`: `{"client_id": "POLRES_X", "slot": "2026-02-20T17:00+07:00"}`.

    Without `slot`, today's latest slot is used. `dry_run`: nothing is stored or sent; the response
    says what would be.
    """

    model_config = ConfigDict(extra="forbid")
    client_id: Text
    slot: Text | None = None
    dry_run: bool = False


class RunSlotRequest(BaseModel):
    """Payload of `run_slot`: `{"slot": "2026-02-20T17:00+07:00"}`. `again`: the slot was opened,
    and its runs that did not end as done are started over."""

    model_config = ConfigDict(extra="forbid")
    slot: Text
    again: bool = False


class AddPostRequest(BaseModel):
    """Payload of `add_post`: `{"client_id": "POLRES_X", "link": "https://…"}`."""

    model_config = ConfigDict(extra="forbid")
    client_id: Text
    link: Text


class RestorePostRequest(BaseModel):
    """Payload of `restore_post`: `{"content_id": "C8c2MRqtPfS"}`."""

    model_config = ConfigDict(extra="forbid")
    content_id: Text


class ShadowRequest(BaseModel):
    """Payload of `shadow`: `{"client_id": "POLRES_X"}`, or `{}`."""

    model_config = ConfigDict(extra="forbid")
    client_id: Text | None = None


class BackfillRequest(BaseModel):
    """Payload of `backfill`: `{"first_day": "2026-02-13", "last_day": "2026-02-19"}`. `most_calls`:
    of the APIs, in this invocation; `since`: days filled in since then are done, even if not
    completely; `dry_run`: only count what there is to do."""

    model_config = ConfigDict(extra="forbid")
    first_day: Day
    last_day: Day
    client_id: Text | None = None
    most_calls: int | None = Field(None, ge=1)
    since: AwareDatetime | None = None
    dry_run: bool = False


class ImportClientsRequest(BaseModel):
    """Payload of `import_clients`: `{"rows": [{"client_id": "POLRES_X", "nama": "Polres X"}]}`, the
    cells of a sheet as text by column. `dry_run`: only say what would change."""

    model_config = ConfigDict(extra="forbid")
    rows: list[dict[Text, Text | None]] = Field(max_length=10_000)
    dry_run: bool = False


class LookRequest(BaseModel):
    """Payload of `look`: `{"show": "status"}`. `day`: of `slots`, `client` and `export`, by default
    today; `client_id`: of `client`; `search` and `filter`: of `clients`; `calls`: whether `doctor`
    asks the APIs; `table` and `skip`: of `export`. `recap` takes `client_id`, `day` to `until` or a
    `month`, `platform`, and `at`, a slot of the day; `why` a `person`, `day`, `post` and, if it is
    another's, `client_id`; `ranking` `client_id`, `day` and `at`."""

    model_config = ConfigDict(extra="forbid")
    show: Literal[
        "status", "slots", "client", "clients", "groups", "doctor", "export",
        "recap", "why", "ranking", "recap_schedule",
    ]  # fmt: skip
    day: Day | None = None
    client_id: Text | None = None
    search: Text = ""
    filter: Literal["all", "verified", "unverified", "never", "trouble", "inactive"] = "all"
    calls: bool = True
    table: Text | None = None
    skip: int = Field(0, ge=0, le=_LARGEST)
    until: Day | None = None
    month: Text | None = None
    platform: Platform | None = None
    at: Text | None = None
    person: Text | None = None
    post: Text | None = None


OutboxStatus = Literal[
    "pending", "processing", "sent", "retrying", "dead_letter", "expired", "superseded",
    "uncertain", "cancelled",
]  # fmt: skip


class OutboxList(BaseModel):
    """Payload of `outbox`: `{"action": "list", "status": "dead_letter"}`. `old` lists what the
    service before this one left."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["list"]
    status: OutboxStatus | None = None
    most: int = Field(20, ge=1, le=200)
    old: bool = False


class OutboxShow(BaseModel):
    """Payload of `outbox`: `{"action": "show", "outbox_id": 12}`."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["show"]
    outbox_id: Id


class OutboxRedrive(BaseModel):
    """Payload of `outbox`: `{"action": "redrive", "outbox_id": 12}`. `late`: even if it has
    expired."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["redrive"]
    outbox_id: Id
    late: bool = False


class OutboxCancel(BaseModel):
    """Payload of `outbox`: `{"action": "cancel", "outbox_id": 12}`. `not_sent`: the uncertain
    message certainly never arrived."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["cancel"]
    outbox_id: Id
    not_sent: bool = False


OutboxRequest = OutboxList | OutboxShow | OutboxRedrive | OutboxCancel
_OUTBOX: dict[str, type[OutboxRequest]] = {
    "list": OutboxList, "show": OutboxShow, "redrive": OutboxRedrive, "cancel": OutboxCancel,
}  # fmt: skip


def parse_request(model: type[Model], event: object) -> Model:
    """Validates a manual event as its model; BadInput names the first field that is wrong."""
    return validated(model, event)


def parse_outbox_request(event: object) -> OutboxRequest:
    """Validates the payload of `outbox` as the model of its action; BadInput names what is
    wrong."""
    action = event.get("action") if isinstance(event, dict) else None
    model = _OUTBOX.get(action) if isinstance(action, str) else None
    if model is None:
        raise BadInput("action", f"{action!r} is unknown", f"Use {', '.join(_OUTBOX)}.")
    return validated(model, event)
