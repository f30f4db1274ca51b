"""Figures: traces and records become what the screen draws. Pure functions."""
