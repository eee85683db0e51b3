"""What a kind of fault is: a function from a call to its answer, with keyword parameters."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from local.sandbox.answer import Answer, Params
from local.sandbox.pages import Responder

Answering = Callable[..., Answer]
Function = TypeVar("Function", bound=Answering)


@dataclass(frozen=True)
class Call:
    """One API request. `right` answers it, with these or other parameters, as if the fault were
    not set; `account` is the account that the fault is set for, or empty."""

    path: str
    params: Params
    right: Responder
    account: str = ""

    def otherwise(self) -> Answer:
        """The answer without the fault."""
        return self.right(self.params)


@dataclass(frozen=True)
class Kind:
    """A kind of fault, for requests of `paths` only; None means any path.

    One that answers `instead` never calls the right answer. One that `lasts` is the state of an
    account, which must be named, until the faults are replaced.
    """

    function: Answering
    paths: frozenset[str] | None
    instead: bool
    lasts: bool

    @property
    def description(self) -> str:
        """One line."""
        return (inspect.getdoc(self.function) or "").splitlines()[0]

    @cached_property
    def parameters(self) -> type[BaseModel]:
        """Its parameters with their defaults, as a model; anything else is refused."""
        hints = get_type_hints(self.function, include_extras=True)
        fields: dict[str, Any] = {
            name: (hints[name], ... if told.default is told.empty else told.default)
            for name, told in inspect.signature(self.function).parameters.items()
            if told.kind is told.KEYWORD_ONLY
        }
        return create_model(self.function.__name__, __config__=ConfigDict(extra="forbid"), **fields)

    @property
    def usage(self) -> str:
        """Its parameters as one line of text, with their defaults."""
        fields = self.parameters.model_fields.items()
        return ", ".join(
            name if field.is_required() else f"{name}={field.default!r}" for name, field in fields
        )

    @property
    def scope(self) -> str:
        """The paths it is for as one line of text, empty if it is for any."""
        return f"on {' '.join(sorted(self.paths))}" if self.paths else ""


REGISTRY: dict[str, Kind] = {}


def kind(
    *, paths: frozenset[str] | None = None, instead: bool = False, lasts: bool = False
) -> Callable[[Function], Function]:
    """Registers a function as the kind of its name; its docstring's first line describes it."""

    def register(function: Function) -> Function:
        REGISTRY[function.__name__] = Kind(function, paths, instead, lasts)
        return function

    return register
