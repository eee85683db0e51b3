"""Who has engaged with a unit's posts ("absensi"), and how sure that is.

people    a unit's people, with their accounts
order     in which order they are listed
evidence  what is known: posts, how their lists were read, names
names     the names in a stored list
count     people, posts and names → each person's tally and status
load      the same from the database
ranking   the units below a directorate, by the share of the posts that their people have done
answers   what people ask of it from a terminal, as JSON
why, ask  why somebody is not recorded
schedule, recipients, files, scheduled   which recap is due, and how it gets into the outbox
correction, corrections   whom it named too early, told the next morning
forms     text, picture, workbook, table
"""
