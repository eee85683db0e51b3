"""Runs one command and ends it when standard input closes.

The starting process holds the other end of that pipe, so the command ends with it even after a
SIGKILL, when atexit handlers do not run. If the guard itself is killed, Linux signals the command
(PR_SET_PDEATHSIG, for which the standard library has no function). Run by path, in isolation, so
it uses only the standard library:

    python -I -S guard.py STOP_SIGNAL USER COMMAND...      (USER "" keeps the current one)
"""

import ctypes
import os
import pwd
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10.0


def die_with_guard(stop_signal: int) -> None:
    """Asks Linux to send the signal when the calling thread's parent thread ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)


def stop_at_end_of_input(child: subprocess.Popen[bytes], stop_signal: int) -> None:
    """Blocks until standard input closes, then stops the child, by force after the grace time."""
    while os.read(sys.stdin.fileno(), 4096):  # no buffer: it would still be locked at the end
        pass
    child.send_signal(stop_signal)
    threading.Timer(GRACE_SECONDS, child.kill).start()


def main(stop_signal: int, user: str, command: list[str]) -> int:
    """Returns the command's exit code."""
    entry = pwd.getpwnam(user) if user else None
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        # Runs after the user is changed, which would clear the setting. No other thread runs yet.
        preexec_fn=lambda: die_with_guard(stop_signal),  # noqa: PLW1509
    )
    watcher = threading.Thread(target=stop_at_end_of_input, args=(child, stop_signal), daemon=True)
    watcher.start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
