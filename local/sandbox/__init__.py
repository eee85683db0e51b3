"""The sandbox API: both social products on one local port, over a world that evolves.

world       accounts, posts and who engaged, as pure functions of a moment
scenario    client rows with their world: `demo_day` (six units), `crowd` (many)
instagram, tiktok   one API request and a moment -> the answer's status and body
pages       the pages of the lists among these answers, whatever envelope they come in
kinds, faults   what can be wrong on purpose, by name, and the requests that it is wrong for
state, http_server   the clock, counters and faults of a running sandbox, HTTP
server      `Sandbox`: the server in its own process, controlled over HTTP
"""

from local.sandbox.scenario import ManualPost, Scenario, crowd, demo_day
from local.sandbox.server import Sandbox

__all__ = ["ManualPost", "Sandbox", "Scenario", "crowd", "demo_day"]
