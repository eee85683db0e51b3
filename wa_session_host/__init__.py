"""The small always-on container: it holds the WhatsApp accounts and sends what the outbox says.

`host` puts the parts together. For each account: `supervisor` keeps a `child` process (whose
`account` is all that loads the WhatsApp library) over `pipe` and `protocol`, by the table in
`states`; events come from the child's `reports` and from `clocks`, `backoff` says how soon a child
is started again, and a `snapshot` shows it all; `consumer` takes messages from the FIFO queue
(`in_hand`), at the account's pace (`pacing`), and `delivery` does one message over a `transport`:
`whatsapp`, or `console`, which prints. `lease` makes sure that one host owns the accounts. `page`,
`alerts` and `metrics` tell people.
"""
