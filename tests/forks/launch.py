"""`launch.py SOCKET MODULE ARGUMENTS`: has the server fork a program, and ends as it does.

Imports as little as it can: it runs without the site module, and in a few milliseconds.
"""

import os
import signal
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
environment = [f"{name}={value}" for name, value in os.environ.items()]
parts = [os.getcwd(), str(len(sys.argv) - 2), *sys.argv[2:], *environment]  # noqa: PTH109
text = "\0".join(parts).encode(errors="surrogateescape")
socket.send_fds(connection, [len(text).to_bytes(8, "big")], [0, 1, 2])
connection.sendall(text)
answers = connection.makefile("rb")
pid = int(answers.readline())
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda sent, _: os.kill(pid, sent))
for stream in (0, 1, 2):
    os.close(stream)
status = int(answers.readline() or signal.SIGKILL)
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.waitstatus_to_exitcode(status))
