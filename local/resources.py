"""The queues of the CloudFormation template, created over the plain SQS API.

So it works with moto and fauxqs alike, without CloudFormation. Understands what queues use: `Ref`,
`Fn::Sub` and `Fn::GetAtt` of an `Arn`; anything else raises TemplateError.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3

JAKARTA = "ap-southeast-3"
QUEUE = "AWS::SQS::Queue"
# Encryption and permissions mean nothing locally, and fauxqs refuses to change the former.
LEFT_OUT = {
    *("Tags", "RedriveAllowPolicy"),
    *("SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"),
}
NAME_TAKEN = {"QueueAlreadyExists", "QueueNameExists"}
PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


class TemplateError(ValueError):
    """The template uses something that is not supported locally; the message says where."""


def create_queues(
    template: Path,
    stage: str,
    endpoint_url: str,
    *,
    region: str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Creates every queue of the template that is missing, and returns {queue name: URL}.

    The template's attributes, and over them the overrides (on every queue), are also set on
    queues that exist. The region is `default_region()` unless given.
    """
    body = json.loads(template.read_text(encoding="utf-8"))
    pseudo = {"AWS::Region": region or default_region(), "AWS::Partition": "aws"}
    with closing(sqs_client(endpoint_url, region)) as sqs:
        return _QueueBuilder(
            parameters=_parameters(body, stage) | pseudo,
            resources=body.get("Resources", {}),
            sqs=sqs,
            overrides=dict(overrides or {}),
        ).create_all()


def sqs_client(endpoint_url: str, region: str | None = None) -> Any:
    """An SQS client for a local endpoint, with dummy credentials where the environment has none.

    The caller closes it.
    """
    dummy = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    credentials = {} if os.environ.get("AWS_ACCESS_KEY_ID") else dummy
    return boto3.client(
        "sqs", endpoint_url=endpoint_url, region_name=region or default_region(), **credentials
    )


def default_region() -> str:
    """AWS_DEFAULT_REGION if it is set, otherwise Jakarta."""
    return os.environ.get("AWS_DEFAULT_REGION") or JAKARTA


def _parameters(body: dict[str, Any], stage: str) -> dict[str, str]:
    declared = body.get("Parameters", {})
    defaults = {name: str(spec["Default"]) for name, spec in declared.items() if "Default" in spec}
    return defaults | {"Stage": stage}


class _QueueBuilder:
    """Creates queues in the order of their references: dead-letter queues first."""

    def __init__(
        self,
        parameters: dict[str, str],
        resources: dict[str, Any],
        sqs: Any,
        overrides: dict[str, str],
    ) -> None:
        self._parameters = parameters
        self._resources = resources
        self._sqs = sqs
        self._overrides = overrides
        self._created: dict[str, tuple[str, str]] = {}  # logical id -> (queue name, URL)

    def create_all(self) -> dict[str, str]:
        queues = [name for name, spec in self._resources.items() if spec.get("Type") == QUEUE]
        return dict(self._create(name) for name in queues)

    def _create(self, logical_id: str) -> tuple[str, str]:
        if logical_id not in self._created:
            properties = self._properties(logical_id)
            name = properties.pop("QueueName", None)
            if name is None:
                raise TemplateError(f"{logical_id}: QueueName is missing, which is needed locally")
            attributes = _attributes(properties) | self._overrides
            self._created[logical_id] = (name, self._create_or_update(name, attributes))
        return self._created[logical_id]

    def _properties(self, logical_id: str) -> dict[str, Any]:
        resource = self._resources.get(logical_id, {})
        if resource.get("Type") != QUEUE:
            raise TemplateError(
                f"{logical_id} is neither a parameter nor a {QUEUE} of the template"
            )
        properties = resource.get("Properties", {})
        return {
            key: self._resolve(value, f"{logical_id}.{key}")
            for key, value in properties.items()
            if key not in LEFT_OUT
        }

    def _create_or_update(self, name: str, attributes: dict[str, str]) -> str:
        try:
            return str(self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        except self._sqs.exceptions.ClientError as error:
            if error.response["Error"]["Code"].rsplit(".", 1)[-1] not in NAME_TAKEN:
                raise
        url = str(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])
        changeable = {key: value for key, value in attributes.items() if key != "FifoQueue"}
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes=changeable)
        return url

    def _resolve(self, value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [self._resolve(item, place) for item in value]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", str(name))]:
                return self._reference(name)
            case [("Fn::Sub", str(text))]:
                return PLACEHOLDER.sub(lambda found: self._reference(found[1]), text)
            case [("Fn::GetAtt", [str(name), "Arn"])]:
                return self._arn(name)
            case [(str(function), _)] if function.startswith("Fn::"):
                raise TemplateError(f"{place}: {function} with this argument is not supported here")
        return {key: self._resolve(item, f"{place}.{key}") for key, item in value.items()}

    def _reference(self, name: str) -> str:
        if name in self._parameters:
            return self._parameters[name]
        if name.endswith(".Arn"):
            return self._arn(name.removesuffix(".Arn"))
        return self._create(name)[1]

    def _arn(self, logical_id: str) -> str:
        url = self._create(logical_id)[1]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    """CloudFormation properties as the strings that the SQS API takes."""
    texts = {key: _text(value) for key, value in properties.items()}
    if texts.get("FifoQueue") == "false":
        del texts["FifoQueue"]  # SQS refuses it: a standard queue must not have the attribute
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)
