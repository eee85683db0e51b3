"""The kinds of faults by name, each a function in one of these modules.

gateway      RapidAPI's own answers: limits, quota, keys, 404, 5xx
connection   slow, reset, cut off
bodies       200s without a usable answer, and the product's own errors
items        pages with junk, gaps, hidden counts, pinned posts
paging       pages that come twice, shift, or lead nowhere
accounts     renamed, private, banned, gone
registry     what a kind is
"""

from local.sandbox.kinds import accounts, bodies, connection, gateway, items, paging
from local.sandbox.kinds.registry import REGISTRY, Call, Kind

MODULES = (gateway, connection, bodies, items, paging, accounts)

BY_MODULE = {
    module: {
        name: kind for name, kind in REGISTRY.items() if kind.function.__module__ == module.__name__
    }
    for module in MODULES
}

__all__ = ["BY_MODULE", "REGISTRY", "Call", "Kind"]
