"""What to do about an error of AWS, by its code; every command can be repeated afterwards."""

from __future__ import annotations

import re

_CODE = re.compile(r"error(?: occurred)? \((\w+)\)")

_ADVICE = {
    r"ExpiredToken|RequestExpired|TokenRefreshRequired|SSOTokenLoadError": (
        "The sign-in has expired: sign in again (aws sso login)"
    ),
    r"UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|AuthFailure": (
        "AWS does not know these credentials: look with `aws sts get-caller-identity`"
    ),
    r"AccessDenied|UnauthorizedOperation|NotAuthorized": (
        "Whoever is signed in lacks this right: sign in as somebody who has it, or have it granted"
    ),
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown": (
        "AWS is asked too much at the moment: wait a minute"
    ),
    r"LimitExceeded|QuotaExceeded|CodeStorageExceeded": (
        "A limit of the account is reached: have it raised (Service Quotas), or make room"
    ),
    r"ResourceConflict|ResourceInUse|ConcurrentModification|OperationAborted": (
        "AWS, or somebody else, is still changing this: wait a minute"
    ),
    r"ServiceUnavailable|InternalFailure|InternalError|ServiceException|ServerException": (
        "AWS has a problem of its own: wait a few minutes"
    ),
}

_UNREACHED = "Could not connect to the endpoint URL"
_GOES_ON = "Then call this again: what was done stays done."


def advised(problem: str) -> str:
    """The problem, with what to do about it if that is known."""
    if _UNREACHED in problem:
        return f"{problem}\nCheck the network, and the region in the stage's file. {_GOES_ON}"
    codes = " ".join(_CODE.findall(" ".join(problem.split())))  # Chalice breaks lines
    for pattern, advice in _ADVICE.items():
        if re.search(pattern, codes):
            return f"{problem}\n{advice}. {_GOES_ON}"
    return problem
