"""`chalice deploy` and `chalice delete` for the directory it runs in: ACTION STAGE RULES [ONLY].

RULES is a JSON object of rules and their states: an existing rule keeps its state, a new one starts
disabled, whereas Chalice would enable them all. What Chalice creates besides functions also gets
the stage's tags, and tracing that is no longer wanted is switched off. With ONLY, just the function
of that name is deployed, as if the app had no other. Run it by path, in a separate process, because
Chalice imports the app of that directory.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.deploy.deployer import ChaliceDeploymentError
from chalice.utils import UI

Params = dict[str, Any]


def additions(states: dict[str, str], config: Any) -> dict[str, Callable[[Params], Params]]:
    """The parameters that Chalice's calls lack, by call, as a function of the ones it sends."""
    tags = {key: value for key, value in config.tags.items() if key != "aws-chalice"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    tracing = {"TracingConfig": {"Mode": "Active" if config.xray_enabled else "PassThrough"}}
    return {
        "events.PutRule": lambda rule: {
            "State": states.get(rule["Name"], "DISABLED"),
            "Tags": listed,
        },
        "iam.CreateRole": lambda _: {"Tags": listed},
        "lambda.CreateEventSourceMapping": lambda _: {"Tags": tags},
        "lambda.UpdateFunctionConfiguration": lambda _: tracing,
        "logs.CreateLogGroup": lambda _: {"tags": tags},
    }


def main(action: str, stage: str, rules: str, only: str | None = None) -> int:
    sys.dont_write_bytecode = True  # the bundle's name depends on every file below chalicelib
    factory = CLIFactory(os.getcwd(), environ=os.environ)  # noqa: PTH109  as Chalice compares it
    config = factory.create_config_obj(stage)
    if only is not None:
        app = config.chalice_app
        app.pure_lambda_functions = [f for f in app.pure_lambda_functions if f.name == only]
        app.event_sources = []
    session = factory.create_botocore_session()
    for call, added in additions(json.loads(rules), config).items():

        def add(params: Params, added: Callable[[Params], Params] = added, **_: object) -> None:
            params.update(added(params))

        session.register(f"before-parameter-build.{call}", add)
    if action == "deploy":
        deployer = factory.create_default_deployer(session, config, UI())
    else:
        deployer = factory.create_deletion_deployer(session, UI())
    try:
        deployer.deploy(config, stage)
    except ChaliceDeploymentError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
