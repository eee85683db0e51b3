import pytest

from local.deploy.advice import advised

CHALICE = (
    "migrate: ERROR - While deploying your chalice application, received the following error:\n\n"
    " An error occurred\n ({code}) when calling the CreateFunction \noperation: no."
)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredTokenException", "sign in again"),
        ("ExpiredToken", "sign in again"),
        ("InvalidClientTokenId", "look with `aws sts get-caller-identity`"),
        ("AccessDeniedException", "lacks this right"),
        ("AccessDenied", "lacks this right"),
        ("UnauthorizedOperation", "lacks this right"),
        ("ThrottlingException", "wait a minute"),
        ("TooManyRequestsException", "wait a minute"),
        ("LimitExceededException", "Service Quotas"),
        ("CodeStorageExceededException", "Service Quotas"),
        ("ResourceConflictException", "still changing this: wait a minute"),
        ("ResourceInUseException", "still changing this: wait a minute"),
        ("ServiceException", "a problem of its own"),
    ],
)
def test_a_known_error_says_what_to_do_and_that_the_command_goes_on(code: str, advice: str) -> None:
    problem = CHALICE.format(code=code)
    told = advised(problem)
    assert told.startswith(problem)
    assert advice in told
    assert told.endswith("Then call this again: what was done stays done.")


def test_a_throttled_call_is_not_taken_for_a_limit_of_the_account() -> None:
    problem = "An error occurred (RequestLimitExceeded) when calling DescribeSubnets: no."
    assert "Service Quotas" not in advised(problem)


def test_a_region_that_does_not_exist_is_thought_of() -> None:
    told = advised('Could not connect to the endpoint URL: "https://sts.ap-southest-3.amazonaws"')
    assert "the region in the stage's file" in told


def test_what_has_a_remedy_of_its_own_is_told_as_it_is() -> None:
    problem = "migrate: cicero-fetch-prod-migrate failed: (AccessDenied) is in its text only"
    assert advised(problem) == problem
