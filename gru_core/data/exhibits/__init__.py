"""The mistakes of five articles, each to be guessed, run and put right."""
