"""Python programs that start in no time: forked from a process that has imported what they need.

`forks` gives the command line; `launch` is what that runs; `server` forks.
"""
