"""Sequences and set-ups: what a person types, what ships with the app, and what leaves it again."""
