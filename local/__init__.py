"""The development stack, never deployed. Start at `cli`, which has every command.

stack      the parts that a run uses: those that are set, the others started (services/, sandbox/)
runner     plays Lambda, EventBridge and SQS's event source mappings, over a pool of workers
slot_run   one whole slot; `up`: the real clock; `demo`: four slots of one day
bench/     how fast a slot is
docs/, samples/   what docs/*.md and the golden messages are generated from
"""
