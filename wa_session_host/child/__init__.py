"""One WhatsApp account's own process, the only one that loads the WhatsApp library."""
