"""Python imports this at startup if this directory is on `PYTHONPATH`; see `standin_hook`."""

import standin_hook  # type: ignore[import-not-found]  # on PYTHONPATH, in the child only

standin_hook.install()
