"""One account's session: its states, its child process, its store."""
