"""Faults: tried in order, as often as they say, for what they match."""

import pytest

from local.sandbox.faults import FAULT_LIST, Fault, Faults


def test_a_fault_applies_as_often_as_it_says_then_the_next_does() -> None:
    faults = Faults()
    faults.replace([Fault(status=500, times=2), Fault(status=429, times=None)])
    taken = [faults.take("/v1/posts", "anna", None) for _ in range(4)]
    assert [fault and fault.status for fault in taken] == [500, 500, 429, 429]


def test_a_fault_matches_by_path_account_and_post() -> None:
    fault = Fault(path="/v1/likes", post="abc")
    assert fault.matches("/v1/likes", None, "abc")
    assert not fault.matches("/v1/likes", None, "other")
    assert not fault.matches("/v1/post_info", None, "abc")
    assert Fault(account="anna").matches("/v1/posts", "anna", None)
    assert not Fault(account="anna").matches("/v1/posts", "budi", None)


def test_requests_that_match_nothing_use_nothing_up() -> None:
    faults = Faults()
    faults.replace([Fault(account="anna")])
    assert faults.take("/v1/posts", "budi", None) is None
    assert faults.take("/v1/posts", "anna", None) is not None
    assert faults.take("/v1/posts", "anna", None) is None


@pytest.mark.parametrize("raw", [{}, [{"statuss": 500}], [{"times": 0}], [{"status": "bad"}]])
def test_a_mistake_in_a_fault_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        FAULT_LIST.validate_python(raw)
