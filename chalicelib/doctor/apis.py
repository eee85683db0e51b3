"""Whether the APIs take the key: one cheap call to each, about a client's account."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.clients import participants
from chalicelib.doctor.finding import Finding, State
from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Platform
from chalicelib.runtime import Runtime
from chalicelib.social.apis import AccountsById
from chalicelib.social.errors import ApiError, api_error

_ANSWERED = {"not_found", "business", "account_refused"}
"""Kinds of error that are about the account alone: the key was taken."""


def apis(runtime: Runtime) -> Iterator[Finding]:
    """One finding for each platform. Raises DatabaseUnavailable: clients name the accounts."""
    with runtime.db.transaction() as tx:
        clients = participants(tx.run("slots.active_clients"))
    for platform in PLATFORMS:
        handle = next((c.handles[platform] for c in clients if platform in c.handles), None)
        yield _api(runtime, platform, handle)


def _api(runtime: Runtime, platform: Platform, handle: str | None) -> Finding:
    check = f"api {platform}"
    if handle is None:
        fix = "Set a client's handle, then ask again."
        return Finding(check, "warning", "not asked: no client has an account there", fix)
    error = _error_of_a_call(runtime, platform, handle)
    if error is None:
        return Finding(check, "ok", f"{DESCRIPTIONS[platform].label} answered one call")
    if error.kind in _ANSWERED:
        return Finding(check, "ok", f"the key is taken (one account's answer: {error.kind})")
    state: State = "warning" if error.kind in ("budget", "rate_limit") else "error"
    return Finding(check, state, f"{error.kind}: {error}", _fix(platform, error.kind))


def _error_of_a_call(runtime: Runtime, platform: Platform, handle: str) -> ApiError | None:
    social = runtime.apis[platform]
    try:
        if isinstance(social, AccountsById):
            social.account_id(handle)
        else:
            social.posts(handle)
    except Exception as error:  # noqa: BLE001  any error is a finding
        return api_error(error, platform)
    return None


def _fix(platform: Platform, kind: str) -> str:
    host, second = (f"RAPIDAPI_{platform.upper()}_{n}" for n in ("HOST", "FALLBACK_HOST"))
    return {
        "api_configuration": f"Check RAPIDAPI_KEY, and its subscription to {host}.",
        "quota": f"Extend the plan, or name a second host in {second}.",
        "budget": "Raise RAPIDAPI_DAILY_BUDGET, or wait for midnight WIB.",
        "rate_limit": "Lower RAPIDAPI_REQUESTS_PER_SECOND to what the plan allows.",
    }.get(kind, f"Check {host}, and try again; the API may be down.")
