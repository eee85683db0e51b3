"""How messages go out: written together with what they tell, then sent to the queue."""
