"""Tables for other people's tools: posts, who engaged, runs, by WIB days; rows of any number."""
