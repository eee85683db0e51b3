"""What the operators are told of a slot."""
