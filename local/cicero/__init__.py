"""`cicero`: what people do with a running service, from a terminal; here or on a stage.

main     the group of commands, and how errors end it
where    here, or a deployed stage: who answers a command
show     tables, and JSON in their place
look     status, slots, client, groups
act      run-slot, run-client, dry-run, replay, add-post, restore
outbox   the messages
clients  the list of clients, checks, import
fill     backfill
files    export's files
export   export
doctor   doctor
"""
