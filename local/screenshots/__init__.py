"""Pictures of the operators' window on invented days, and what axe-core finds there.

scenes    days: a normal one, an empty one, a bad one, and one of 1,000 units
days      the SQL that makes them
browser   Chromium, and a visitor whom nothing from outside may reach
camera    every page of a day in every size and theme
axe       what axe-core finds on a page
"""
