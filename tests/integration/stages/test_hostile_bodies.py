"""Odd bodies at every endpoint of both stages: that platform's trouble, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.platforms import Platform
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration.runs import whole_run
from tests.integration.tables import Tables

CLIENT = "CONTOH"
PATHS: dict[str, Platform] = {
    "/v1/posts": "instagram",
    "/v1/likes": "instagram",
    "/api/user/posts": "tiktok",
    "/api/post/comments": "tiktok",
}
LISTS = {"/v1/posts": "items", "/v1/likes": "items", "/api/user/posts": "itemList"}
DEEP = 100_000

Body = Callable[[str], str]


def listing(*items: Any) -> Body:
    """A page of these items, in each API's own envelope; NaN and lone surrogates as they are."""

    def body(path: str) -> str:
        name = LISTS.get(path, "comments")
        page = {name: list(items), "hasMore": False, "has_more": 0, "cursor": "9", "total": 10**30}
        return json.dumps({"data": page} if path.startswith("/v1/") else page)

    return body


def item(**changed: Any) -> dict[str, Any]:
    """An item that each of the four readers takes for one of its own."""
    return {
        "code": "Cxyz",
        "id": "7300000000000000001",
        "cid": "1",
        "taken_at": 1771551000,
        "createTime": 1771551000,
        "caption": {"text": "Halo"},
        "desc": "Halo",
        "like_count": 1,
        "stats": {"diggCount": 1, "commentCount": 1},
        "username": "budi",
        "user": {"username": "budi", "unique_id": "budi"},
        **changed,
    }


NUL = "a\x00b\ud800"
BODIES: dict[str, Body] = {
    "deep list": lambda path: "[" * DEEP + "]" * DEEP,
    "deep object": lambda path: '{"data":' * DEEP + "1" + "}" * DEEP,
    "deep inside": lambda path: listing(0)(path).replace("[0]", "[" * DEEP + "]" * DEEP),
    "NUL and half a character": listing(
        item(caption={"text": NUL}, desc=NUL, user={"username": NUL, "unique_id": NUL}),
        item(code=NUL, id=NUL, username=NUL, cid=NUL),
    ),
    "numbers of any size": listing(
        item(like_count=10**30, stats={"diggCount": 10**30, "commentCount": "9" * 4000}),
        item(taken_at=1795000000000, createTime=1795000000000),
        item(taken_at=253402300799, createTime=253402300799),
        item(taken_at=-(10**20), createTime=-(10**20)),
    ),
    "no numbers": listing(item(like_count=float("nan"), stats={"diggCount": float("inf")})),
    "long texts": listing(item(desc="x" * 10**6, caption="x" * 10**6, code="C" * 10**5)),
    "other types": listing(None, 1, "x", [], {}, [[]], True, item(user=[], caption=1, stats=[])),
    "an error of odd characters": lambda path: json.dumps({"error": NUL}),
    "HTML": lambda path: "<html>Just a moment</html>",
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("path", PATHS)
def test_an_odd_body_harms_nothing_but_its_platform(
    what: str, path: str, runtime_at: RuntimeAt, sandbox: Sandbox, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    body = BODIES[what](path)
    sandbox.set_faults([{"path": path, "status": 200, "body": body, "times": None}])

    whole_run(runtime, CLIENT)

    run = tables.row("SELECT * FROM client_run")
    other = "tiktok" if PATHS[path] == "instagram" else "instagram"
    assert run["finished_at"] is not None
    assert run["fetch_result"][other]["verdict"] == "complete"
    assert run["engagement_result"][other]["failed"] == 0
    assert run["engagement_result"][other]["posts"] > 0
    assert runtime.guard.breaker.closed_by(runtime.routes(PATHS[path])[0]) is None


def test_a_private_account_is_its_own_client_s_trouble(
    runtime_at: RuntimeAt, sandbox: Sandbox, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    private = {"detail": "This account is private"}
    fault = {"path": "/v1/posts", "account": "polres.contoh", "status": 403, "body": private}
    sandbox.set_faults([{**fault, "times": None}])

    for client in (CLIENT, "TELADAN"):
        whole_run(runtime, client)

    runs = {row["client_id"]: row for row in tables.run("SELECT * FROM client_run")}
    assert runs[CLIENT]["fetch_result"]["instagram"]["error_kind"] == "account_refused"
    assert runs[CLIENT]["fetch_result"]["tiktok"]["verdict"] == "complete"
    assert runs["TELADAN"]["fetch_result"]["instagram"]["verdict"] == "complete"
