"""The two social APIs behind one HTTP seam (`http`), one exception tree (`errors`)."""
