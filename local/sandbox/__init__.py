"""The sandbox API: both social APIs on one local port, over an invented world that evolves.

It stands in for RapidAPI in the demo, local runs, the bench and tests, and can misbehave on
purpose. Start at `server`, whose `Sandbox` runs it; `python -m local.sandbox` serves it alone.

world       accounts, posts and who engaged, as pure functions of a moment
scenario    rows of `clients` with their world: `demo_day` (six units), `crowd` (many)
instagram, tiktok   from one API request and a moment to the answer's status and body
pages       list pages in these answers, whatever their envelope
kinds/, faults   what can go wrong on purpose, by name, and for which requests
state, http_server   the clock, counters and faults of a running sandbox; HTTP
server      `Sandbox`: the server in its own process, controlled over HTTP
"""

from local.sandbox.scenario import ManualPost, Scenario, crowd, demo_day
from local.sandbox.server import Sandbox

__all__ = ["ManualPost", "Sandbox", "Scenario", "crowd", "demo_day"]
