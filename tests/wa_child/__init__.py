"""A scripted WhatsApp: a fast double of the account's child process, and its server.

`Scripted` lives in the test; `child` is a real process that speaks the host's pipe protocol and
gets from it what it reports. No neonize, no network but 127.0.0.1.
"""
