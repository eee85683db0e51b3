"""Days that were missed, filled in later with what the APIs still give."""
