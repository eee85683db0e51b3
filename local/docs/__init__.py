"""The parts of docs/*.md that are generated from code. Start at `pages`, which lists them.

`python -m local.docs` rewrites what is between `<!-- NAME:begin -->` and `<!-- NAME:end -->`;
with `--check` it changes nothing, names stale pages and, if there are any, exits with 1.

pages      what generates which block, and the pages with their blocks renewed
settings, schedule, sessions, costs   the tables; the messages come from `local.samples`
markdown   how a table is written
"""
