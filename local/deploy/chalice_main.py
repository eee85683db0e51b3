"""`chalice deploy` and `chalice delete` for the directory it runs in: ACTION STAGE RULES [ONLY].

RULES is a JSON object of rules and their states: one that exists keeps its state, a new one begins
disabled, where Chalice would enable them all. With ONLY the function of that name is deployed, as
if the app had no other. Run by path, in a process of its own, for Chalice imports the app of that
directory.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.deploy.deployer import ChaliceDeploymentError
from chalice.utils import UI


def main(action: str, stage: str, rules: str, only: str | None = None) -> int:
    states: dict[str, str] = json.loads(rules)

    def keep_state(params: dict[str, Any], **_: object) -> None:
        params["State"] = states.get(params["Name"], "DISABLED")

    factory = CLIFactory(os.getcwd(), environ=os.environ)  # noqa: PTH109  as Chalice compares it
    config = factory.create_config_obj(stage)
    if only is not None:
        app = config.chalice_app
        app.pure_lambda_functions = [f for f in app.pure_lambda_functions if f.name == only]
        app.event_sources = []
    session = factory.create_botocore_session()
    session.register("before-parameter-build.events.PutRule", keep_state)
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
