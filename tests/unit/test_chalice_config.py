"""What `chalice deploy` and CloudFormation read, held against app.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from chalice.app import SQSEventConfig

from app import QUEUES, app
from chalicelib.settings import Settings

PROJECT = Path(__file__).parents[2]
CHALICE = PROJECT / ".chalice"


def read(file: str) -> dict[str, Any]:
    return dict(json.loads((CHALICE / file).read_text(encoding="utf-8")))


CONFIG = read("config.json")
TEMPLATE = read("resources.json")
FUNCTIONS: dict[str, dict[str, Any]] = CONFIG["lambda_functions"]
OWN = "${AWS::Region}:${AWS::AccountId}"
CONSUMERS = [source for source in app.event_sources if isinstance(source, SQSEventConfig)]


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """{logical id: properties} of the template's resources of one type."""
    return {
        name: resource["Properties"]
        for name, resource in TEMPLATE["Resources"].items()
        if resource["Type"] == kind
    }


def queues() -> dict[str, dict[str, Any]]:
    """{queue name without its stage: properties}."""
    named = resources("AWS::SQS::Queue").values()
    return {q["QueueName"]["Fn::Sub"].removeprefix("cicero-${Stage}-"): q for q in named}


def seconds(value: dict[str, str]) -> int:
    return int(TEMPLATE["Parameters"][value["Ref"]]["Default"])


def statements(function: str) -> dict[str, dict[str, Any]]:
    """{Sid: statement} of a function's policy."""
    return {s["Sid"]: s for s in read(f"policies/{function}.json")["Statement"]}


def test_every_function_of_the_app_is_configured_and_no_other() -> None:
    assert set(FUNCTIONS) == set(app.handler_map)
    assert CONFIG["autogen_policy"] is False


def test_every_function_has_its_own_policy_file_and_none_is_left_over() -> None:
    files = {name: function["iam_policy_file"] for name, function in FUNCTIONS.items()}
    assert files == {name: f"policies/{name}.json" for name in FUNCTIONS}
    assert {f"policies/{path.name}" for path in (CHALICE / "policies").iterdir()} == set(
        files.values()
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_allows_its_own_log_its_secrets_and_named_queues(function: str) -> None:
    policy = statements(function)
    assert policy["WriteOwnLog"]["Resource"] == [
        f"arn:aws:logs:{OWN}:log-group:/aws/lambda/cicero-fetch-${{Stage}}-{function}:*"
    ]
    assert policy["ReadSecrets"]["Resource"] == [
        f"arn:aws:ssm:{OWN}:parameter/cicero/${{Stage}}/secrets"
    ]
    for statement in policy.values():
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if action.endswith("*")]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_names_resources_of_its_own_stage_account_and_region_alone(function: str) -> None:
    for statement in statements(function).values():
        for resource in statement["Resource"]:
            assert f":{OWN}:" in resource
            assert "${Stage}" in resource or resource == f"arn:aws:kms:{OWN}:key/*"
            assert "*" not in resource.removesuffix(":*").removesuffix("key/*")


SENDS = {
    "open_slot_half_hour": {"fetch", "engagement", "wa.fifo"},
    "open_slot_final": {"fetch", "engagement", "wa.fifo"},
    "run_slot": {"fetch", "engagement", "wa.fifo"},
    "sweep": {"fetch", "engagement", "wa.fifo"},
    "run_client": {"fetch"},
    "fetch_posts": {"engagement", "wa.fifo"},  # an expired job may be the last of its slot
    "refresh_engagement": {"engagement", "wa.fifo"},
    "dead_job": {"wa.fifo"},
    "dead_engagement_job": {"wa.fifo"},
    "outbox": {"wa.fifo"},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_send_to_the_queues_that_it_sends_to_and_no_others(function: str) -> None:
    allowed = [s for s in statements(function).values() if "sqs:SendMessage" in s["Action"]]
    named = {r.rsplit("cicero-${Stage}-")[-1] for s in allowed for r in s["Resource"]}
    assert named == SENDS.get(function, set())


def test_what_gives_a_job_back_may_look_up_its_queue() -> None:
    for function in ("fetch_posts", "refresh_engagement"):
        rights = [s for s in statements(function).values() if "sqs:GetQueueUrl" in s["Action"]]
        [own] = statements(function)["TakeJobs"]["Resource"]
        assert own in [resource for statement in rights for resource in statement["Resource"]]


@pytest.mark.parametrize("source", CONSUMERS, ids=lambda source: source.name)
def test_a_consumer_may_take_from_its_own_queue_only(source: SQSEventConfig) -> None:
    queue = str(source.queue).removeprefix(f"{QUEUES}-")
    assert statements(source.name)["TakeJobs"]["Resource"] == [
        f"arn:aws:sqs:{OWN}:cicero-${{Stage}}-{queue}"
    ]
    assert source.batch_size == 1


@pytest.mark.parametrize("source", CONSUMERS, ids=lambda source: source.name)
def test_a_message_stays_hidden_while_its_function_may_run_and_comes_back_soon_after(
    source: SQSEventConfig,
) -> None:
    queue = queues()[str(source.queue).removeprefix(f"{QUEUES}-")]
    timeout = FUNCTIONS[source.name]["lambda_timeout"]
    assert timeout + 30 <= seconds(queue["VisibilityTimeout"]) <= timeout + 60


@pytest.mark.parametrize("source", CONSUMERS, ids=lambda source: source.name)
def test_the_documented_timeouts_are_the_deployed_ones(source: SQSEventConfig) -> None:
    hidden = seconds(queues()[str(source.queue).removeprefix(f"{QUEUES}-")]["VisibilityTimeout"])
    row = f"| {FUNCTIONS[source.name]['lambda_timeout']} s | {hidden} s |"
    assert row in (PROJECT / "docs/deploy.md").read_text(encoding="utf-8")


def test_the_documented_number_of_functions_is_theirs() -> None:
    page = (PROJECT / "docs/deploy.md").read_text(encoding="utf-8")
    assert f"the {len(FUNCTIONS)} functions" in page


def test_a_secrets_file_is_not_kept_in_git() -> None:
    assert "secrets*.json" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_no_execution_is_reserved_which_new_accounts_refuse() -> None:
    """sweep is safe beside itself: tests/integration/test_sweep.py."""
    assert [name for name, f in FUNCTIONS.items() if "reserved_concurrency" in f] == []


def test_the_stack_has_no_stage_by_default() -> None:
    assert "Default" not in TEMPLATE["Parameters"]["Stage"]


def test_no_secret_setting_is_in_any_deployed_file() -> None:
    secret = {"database_url", "redis_url", "rapidapi_key", "admin_whatsapp"}
    assert secret <= set(Settings.model_fields)
    for file in (*CHALICE.rglob("*.json"), *CHALICE.rglob("*.toml")):
        if not {"deployed", "deployments"} & set(file.relative_to(CHALICE).parts):
            assert not [s for s in secret if s in file.read_text(encoding="utf-8").lower()], file


def test_queues_are_encrypted_and_dead_letters_kept_for_two_weeks() -> None:
    assert set(queues()) == {name for q in ("fetch", "engagement") for name in (q, f"{q}-dlq")} | {
        "wa.fifo",
        "wa-dlq.fifo",
    }
    for name, queue in queues().items():
        assert queue["SqsManagedSseEnabled"] is True, name
        if "dlq" in name:
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60, name


def test_only_its_own_queue_may_name_a_dead_letter_queue() -> None:
    sources = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]: name
        for name, queue in queues().items()
        if "RedrivePolicy" in queue
    }
    allowed = {
        name: queue["RedriveAllowPolicy"]
        for name, queue in resources("AWS::SQS::Queue").items()
        if "RedriveAllowPolicy" in queue
    }
    own = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:cicero-${Stage}-"
    assert allowed == {
        dead: {"redrivePermission": "byQueue", "sourceQueueArns": [{"Fn::Sub": own + source}]}
        for dead, source in sources.items()
    }
    assert len(allowed) == 3


def test_no_queue_takes_a_request_without_tls() -> None:
    [policy] = resources("AWS::SQS::QueuePolicy").values()
    assert {queue["Ref"] for queue in policy["Queues"]} == set(resources("AWS::SQS::Queue"))
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny", "*", "sqs:*",
    )  # fmt: skip
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nothing_of_the_stack_outlives_it_and_the_host_s_log_outlives_the_host() -> None:
    """A queue or log that stayed would hold a name that the next deployment needs; docs/deploy.md
    says why nothing is lost."""
    made = TEMPLATE["Resources"]
    assert [name for name, resource in made.items() if "DeletionPolicy" in resource] == []
    assert "Condition" not in made["HostLog"]


def test_a_queue_gives_up_after_its_number_of_tries() -> None:
    tries = {
        name: queue["RedrivePolicy"]["maxReceiveCount"]
        for name, queue in queues().items()
        if "dlq" not in name
    }
    assert tries == {"fetch": 5, "engagement": 5, "wa.fifo": 20}


def test_every_alarm_reaches_the_topic_and_every_dead_letter_queue_has_one() -> None:
    alarms = resources("AWS::CloudWatch::Alarm").values()
    assert {json.dumps(alarm["AlarmActions"]) for alarm in alarms} == {'[{"Ref": "AlarmTopic"}]'}
    watched = json.dumps([alarm.get("Metrics") for alarm in alarms])
    for name in (n for n in TEMPLATE["Resources"] if n.endswith("DeadLetters")):
        assert name in watched


def test_the_host_runs_once_without_root_and_never_beside_itself() -> None:
    [service] = resources("AWS::ECS::Service").values()
    deployment = service["DeploymentConfiguration"]
    assert (service["DesiredCount"], service["AvailabilityZoneRebalancing"]) == (1, "DISABLED")
    assert (deployment["MaximumPercent"], deployment["MinimumHealthyPercent"]) == (100, 0)
    [task] = resources("AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    assert container["User"] == "10001:10001"


def test_the_host_is_left_out_unless_asked_for() -> None:
    for name, resource in TEMPLATE["Resources"].items():
        if name.startswith("Host") and name != "HostLog":
            assert resource["Condition"] in ("HasHost", "HasHostPage"), name


def test_the_host_keeps_its_sessions_where_a_task_that_is_replaced_finds_them() -> None:
    [task] = resources("AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    values = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    assert values["WA_AUTH_DATA_PATH"] == "postgres"
    assert values["WA_TRANSPORT"] == {"Ref": "HostTransport"}
    assert TEMPLATE["Parameters"]["HostTransport"]["Default"] == "neonize"
    assert [volume.get("Name") for volume in task["Volumes"]] == ["tmp"]


def test_sent_files_are_encrypted_forgotten_and_open_to_the_host_alone() -> None:
    bucket = TEMPLATE["Resources"]["SentFiles"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    [forget] = bucket["LifecycleConfiguration"]["Rules"]
    assert (forget["Status"], forget["ExpirationInDays"]) == ("Enabled", 30)
    policy = TEMPLATE["Resources"]["SentFilesOverTlsOnly"]["Properties"]["PolicyDocument"]
    [deny] = policy["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    [host] = TEMPLATE["Resources"]["HostRole"]["Properties"]["Policies"]
    rights = {
        tuple(one["Action"]): one["Resource"]
        for one in host["PolicyDocument"]["Statement"]
        if str(one.get("Action", "")).count("s3:")
    }
    assert rights == {
        ("s3:GetObject", "s3:PutObject"): [{"Fn::Sub": "${SentFiles.Arn}/recap/*"}],
        ("s3:ListBucket",): [{"Fn::GetAtt": ["SentFiles", "Arn"]}],
    }


def test_nobody_reaches_into_the_host_unless_asked_for() -> None:
    assert TEMPLATE["Parameters"]["HostExec"]["Default"] == "false"
    [service] = resources("AWS::ECS::Service").values()
    assert service["EnableExecuteCommand"] == {"Fn::If": ["HasHostExec", True, False]}
    [task] = resources("AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    assert [mount["ContainerPath"] for mount in container["MountPoints"]] == ["/tmp"]


def test_the_host_is_closed_unless_ecs_exec_is_asked_for_which_needs_a_writable_root() -> None:
    [task] = resources("AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] == {"Fn::If": ["HasHostExec", False, True]}
    assert container["LinuxParameters"]["Capabilities"] == {
        "Fn::If": ["HasHostExec", {"Ref": "AWS::NoValue"}, {"Drop": ["ALL"]}]
    }


def test_the_host_s_health_check_needs_no_other_service_to_find_the_page() -> None:
    [task] = resources("AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    names = {variable["Name"] for variable in container["Environment"]}
    assert names >= {"WA_PAGE_HOST", "WA_PAGE_PORT"}


def test_the_page_can_be_reached_from_nowhere_unless_asked_for() -> None:
    assert TEMPLATE["Parameters"]["HostPageFrom"]["Default"] == ""
    [door] = resources("AWS::EC2::SecurityGroupIngress").values()
    assert door["CidrIp"] == {"Ref": "HostPageFrom"}
