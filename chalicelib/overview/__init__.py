"""What the operators' window and the command line show: reads only, typed, ready for JSON.

standing   verified, ran but unverified, never ran; and the age of what is shown
slots      the slots of a day, or of any days
today      a day at a glance: its slots, its counters, the oldest client
concerns   what needs a person now
calls      API calls against budget and plan, with a forecast
clients    the list of clients: freshness, coverage, errors, last message
client_day one client's day: timeline, posts, groups, what it would be told now
posts      the day's posts, what is archived or held; post: one with its history
messages   the outbox: states, search, pages, a message's text
history    days and months
words      the Indonesian words for all of these
rows       rows of the database as values; as_json: any of these as JSON

Every value says when it was read (`read_at`), and each figure how complete it is where that is not
certain.
"""
