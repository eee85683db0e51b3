"""What runs in Lambda: the rules of Cicero Fetch as small modules.

Read them in the order of a slot: `slots` → `dispatch` → `posts` → `engagement` → `notify` →
`outbox`; `sweep` repairs what a crash left behind. `db/` and `social/` are the two outside worlds.
"""
