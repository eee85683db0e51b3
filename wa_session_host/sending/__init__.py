"""From the queue to an account, one message at a time."""
