"""Answers that are wrong on purpose, for matching requests."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    TypeAdapter,
    field_validator,
    model_validator,
)

from local.sandbox.answer import Answer, Product, product_of
from local.sandbox.kinds import BY_MODULE, REGISTRY, Call, Kind

KINDS = {name: kind.description for kinds in BY_MODULE.values() for name, kind in kinds.items()}
"""Every kind of fault with a line about it; `catalogue()` also lists their parameters."""


def _usual_times(data: dict[str, Any]) -> int | None:
    kind = REGISTRY.get(data.get("kind", ""))
    return None if kind and kind.lasts else 1


@dataclass(frozen=True)
class Request:
    """What a fault is matched against. `page` is computed only when it is needed."""

    path: str
    account: str | None = None
    post: str | None = None
    key: str = ""
    page: Callable[[], int] = lambda: 1


class Fault(BaseModel):
    """What to do to requests of a product, path, account, post, page or key; a matcher left out
    matches all.

    An account's requests are those for its profile, its feed and its posts. Pages count from 1.
    `times`: how many requests it applies to, None for all; by default 1, and None for the kinds
    that are an account's state. The delay and the headers are added to those of the kind. Other
    fields are the kind's parameters. Without a kind it is `answer`: a status with a body, or the
    right answer if there is no status.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str = "answer"
    platform: Product | None = None
    path: str | None = None
    account: str | None = None
    post: str | None = None
    page: PositiveInt | None = None
    key: str | None = None
    headers: dict[str, str] = {}
    delay_seconds: NonNegativeFloat = 0.0
    times: PositiveInt | None = Field(default_factory=_usual_times)

    @field_validator("kind")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in REGISTRY:
            raise ValueError(f"no kind {name!r}; `python -m local.sandbox --faults` lists them")
        return name

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        paths = self.of_kind.paths
        if self.path and paths and self.path not in paths:
            raise ValueError(f"{self.kind} is for {', '.join(sorted(paths))}")
        if self.of_kind.lasts and not self.account:
            raise ValueError(f"{self.kind} is the state of an account: name it")
        _ = self.parameters
        return self

    @property
    def of_kind(self) -> Kind:
        """The kind that it names."""
        return REGISTRY[self.kind]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The kind's arguments, including defaults. Raises ValidationError for invalid ones."""
        return dict(self.of_kind.parameters.model_validate(self.model_extra))

    def matches(self, request: Request) -> bool:
        """Whether it applies to the request."""
        paths = self.of_kind.paths
        pairs = (
            (self.platform, product_of(request.path)),
            (self.path, request.path),
            (self.post, request.post),
            (self.key, request.key),
        )
        return (
            all(wanted is None or wanted == found for wanted, found in pairs)
            and (paths is None or request.path in paths)
            and (self.account is None or request.account in self._names())
            and (self.page is None or self.page == request.page())
        )

    def _names(self) -> tuple[str | None, ...]:
        """The account's name, and its new name if it is renamed."""
        return (self.account, self.parameters.get("to"))

    def answer(self, call: Call) -> Answer:
        """The call's answer with this fault."""
        call = replace(call, account=self.account or "")
        answer = self.of_kind.function(call, **self.parameters)
        delay = answer.delivery.delay_seconds + self.delay_seconds
        return replace(
            answer,
            headers={**answer.headers, **self.headers},
            delivery=replace(answer.delivery, delay_seconds=delay),
        )


FAULT_LIST = TypeAdapter(list[Fault])  # what `PUT /_sandbox/faults` sends


class Faults:
    """The current faults, tried in order; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[Fault, int]] = []  # with how often each has applied

    def replace(self, faults: Sequence[Fault]) -> None:
        """Replaces all earlier faults."""
        with self._lock:
            self._pending = [(fault, 0) for fault in faults]

    def take(self, request: Request) -> list[Fault]:
        """The matching faults that have times left, up to the first that answers instead of the
        API; uses each of them once."""
        taken: list[Fault] = []
        with self._lock:
            for place, (fault, used) in enumerate(self._pending):
                left = fault.times is None or used < fault.times
                if left and fault.matches(request):
                    self._pending[place] = (fault, used + 1)
                    taken.append(fault)
                    if fault.of_kind.instead:
                        break
        return taken


def respond(faults: Sequence[Fault], call: Call) -> Answer:
    """The answer to the call with these faults; the first changes what the others leave. Pure."""
    if not faults:
        return call.otherwise()
    first, *rest = faults
    return first.answer(
        replace(call, right=lambda params: respond(rest, replace(call, params=params)))
    )


def catalogue() -> str:
    """Every kind with its parameters, the paths it is for and a line about it, for people."""
    lines: list[str] = []
    for module, kinds in BY_MODULE.items():
        lines += ["", (module.__doc__ or "").splitlines()[0]]
        for name, kind in kinds.items():
            lines += [f"  {name:18} {kind.description}"]
            lines += [f"  {'':18}   {line}" for line in (kind.usage, kind.scope) if line]
    return "\n".join(lines[1:])
