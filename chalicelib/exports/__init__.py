"""Tables for other people's tools: posts, who engaged, runs, by WIB days; rows of any number.

tables   what can be exported, and its rows in batches
files    rows as CSV or XLSX
"""
