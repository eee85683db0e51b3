"""The bodies of queue messages: small, versioned, and refused if the version is unknown."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from chalicelib.errors import BadInput
from chalicelib.platforms import Platform
from chalicelib.slots import Slot

Trigger = Literal["schedule", "manual", "catch_up"]
SlotTime = Annotated[AwareDatetime, AfterValidator(lambda moment: Slot.exactly(moment).at)]


class QueueMessage(BaseModel):
    """Base of all queue bodies. Unknown versions raise BadInput.

    Unknown fields of a known version are ignored: during an update, newer functions write what
    older ones still read. A field that cannot be ignored safely needs a new version.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    version: Literal[1] = 1

    @classmethod
    def parse(cls, body: str) -> Self:
        """The message in a queue body; BadInput names the first field that is wrong."""
        return validated(cls, body)


class ReadSoFar(BaseModel):
    """What earlier invocations have read of a post's list: the number of names, comments, pages and
    unreadable entries, the list's own total, and `seen`: short hashes of its pages and cursors,
    which show whether a list leads back to its start."""

    model_config = ConfigDict(frozen=True)
    names: int = 0
    comments: int = 0
    pages: int = 0
    unreadable: int = 0
    total: int | None = None
    seen: tuple[str, ...] = ()


class Unread(BaseModel):
    """A post whose likers or commenters are to be read, from the page `after` or the first."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    platform: Platform
    content_id: str
    after: str | None = None
    so_far: ReadSoFar = ReadSoFar()


class ClientJob(QueueMessage):
    """One client's job in one stage of a slot. The slot is decided once and never recomputed.

    `expires_at`: from then on another slot does the same work, and this job is dropped.
    `continuation`: what an earlier invocation had no time for; None means everything.
    """

    slot: SlotTime
    client_id: str
    fetch_posts: bool
    trigger: Trigger
    expires_at: AwareDatetime
    continuation: tuple[Unread, ...] | None = None

    @property
    def of_slot(self) -> Slot:
        return Slot.exactly(self.slot)


class OutboundMessage(QueueMessage):
    """Points to an outbox row, which holds the text; `session` and `chat` are for routing."""

    outbox_id: int
    session: str
    chat: str


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: object) -> Model:
    """Validates JSON text or an object as its model; BadInput names the first field that is
    wrong."""
    try:
        if isinstance(data, str | bytes):
            return model.model_validate_json(data)
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        fields = ", ".join(model.model_fields)
        raise BadInput(field, first["msg"], f"{model.__name__} takes: {fields}.") from None
