"""The second stage: who has engaged with the posts."""
