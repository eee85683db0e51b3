"""`cicero bench`: how fast a slot is, compared with how fast it could be.

It runs a crowd of invented clients over the real handlers and measures seconds, calls, statements,
CPU and memory. Start at `command`, which the command line calls; docs/performance.md explains the
numbers.

load       the size of a run
walk       one client's API calls, one at a time: the baseline, and the longest chain
floor      the time that no run can beat, and how a run compares
meter      CPU per part of the stack, memory per worker
emulator   SQS for the run: fauxqs, or moto
slot_bench, dispatch_bench   the runs
slot_report   the results of a slot's run
cold_start `import app`, and the size of the bundle
report     the tables
history    the lines of docs/performance.md
day, day_bench, day_tables   a whole day's calls, and what they leave
command    all of these together
cli        the command
"""
