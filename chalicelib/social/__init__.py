"""The two social APIs behind one HTTP layer (`http`) and one exception tree (`errors`)."""
