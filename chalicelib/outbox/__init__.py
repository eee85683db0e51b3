"""How messages leave: written with what they tell, then sent to the queue."""
