"""The process of one WhatsApp account, the only one that loads the library."""
