"""`python -m local bench`: how fast a slot is, next to how fast it could be.

load       what is asked of a run
walk       one client's API calls, one at a time: the baseline, and the longest chain
floor      the time no run can beat, and how a run compares
meter      CPU per part of the stack, memory per worker
emulator   SQS for the run: fauxqs, else moto
slot_bench, dispatch_bench   the runs
slot_report   what a slot's run came to
cold_start `import app`, and the size of the bundle
report     the tables
history    the lines of docs/performance.md
command    all of it, as the command line asks for it
"""
