"""The small always-on container: it holds the WhatsApp session and sends what the outbox says.

`consumer` takes messages from the FIFO queue, `delivery` does one message, `transport` is what a
WhatsApp account must be able to do, `console` the account that prints.
"""
