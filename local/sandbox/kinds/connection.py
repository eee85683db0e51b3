"""The right answer, delivered badly."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field, NonNegativeFloat

from local.sandbox.answer import Answer, Delivery
from local.sandbox.kinds.registry import Call, kind

Share = Annotated[float, Field(ge=0, lt=1)]


@kind()
def slow(call: Call, *, seconds: NonNegativeFloat = 1.0) -> Answer:
    """The answer begins after `seconds`."""
    answer = call.otherwise()
    seconds += answer.delivery.delay_seconds
    return replace(answer, delivery=replace(answer.delivery, delay_seconds=seconds))


@kind()
def slow_body(call: Call, *, seconds: NonNegativeFloat = 5.0) -> Answer:
    """The headers come at once, then the body drips for `seconds`."""
    answer = call.otherwise()
    return replace(answer, delivery=replace(answer.delivery, body_seconds=seconds))


@kind(instead=True)
def reset(_call: Call) -> Answer:
    """The connection is closed with a TCP reset, before any byte."""
    return Answer(0, "", delivery=Delivery(reset=True))


@kind()
def cut(call: Call, *, share: Share = 0.5) -> Answer:
    """The connection is closed when this share of the body has been sent."""
    answer = call.otherwise()
    return replace(answer, delivery=replace(answer.delivery, sent_share=share))
