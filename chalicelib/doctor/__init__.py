"""What keeps a stage from working, and how to fix it; every check reads only.

finding    what a check found
services   database, Redis, queues
apis       one cheap call to each API
host       the WhatsApp accounts, and what waits for them
slots      whether the schedules open slots
clients    handles and groups
examine    all of them, in order
"""
