"""What a client's groups are told."""
