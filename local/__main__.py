"""`python -m local`: the development stack from the command line."""

import sys

from local.cli import main

sys.exit(main())
