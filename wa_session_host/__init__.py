"""The small always-on container: it holds the WhatsApp accounts and sends what the outbox says.

Start at `host`, which puts the parts together.

lease      one host at a time owns the accounts
session/   one account: its states, its child process, its store
child/     that child process, the only one that loads the WhatsApp library
protocol   what host and child say to each other
sending/   from the queue to an account, one message at a time
alerts/, page/, metrics, health   what people and machines are told
"""
