"""What the host tells the operators."""
