"""Python imports this at its start where this directory is on `PYTHONPATH`; see `standin_hook`."""

import standin_hook

standin_hook.install()
