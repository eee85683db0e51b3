"""What runs in Lambda: the rules of Cicero Fetch as small modules.

Read them in the order a slot happens: `slots` → `dispatch` → `posts` → `engagement` → `notify`
→ `outbox`; `sweep` mends what a crash left. `db/` and `social/` are the two outside worlds.
"""
