"""From the queue to an account, one message at a time.

consumer   one account's loop; start here
inflight, fifo_queue   the messages taken from the queue
delivery, attempt   one outbox row, from claim to outcome
attachments, files   the picture or workbook that goes with it, and where it is kept
pacing     how fast an account may send
transport  what an account can do, and how it may fail; `console` is one that prints
"""
