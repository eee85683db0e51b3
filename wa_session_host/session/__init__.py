"""One account's session: its states, its child process, its store.

session   the account's thread: everything that happens becomes an event; start here
states    what each event means: next state, what becomes of the child, who is told
reports, deadlines   the events that a child's reports, or its silence, amount to
backoff   how soon another child is started
snapshot  what is known of the session at one moment
child_process   the child as the host holds it
store     where the session is kept
drain, transport, send_errors   sending over the child
"""
