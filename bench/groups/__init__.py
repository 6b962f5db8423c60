"""The groups of figures: each can be taken alone, `python -m bench NAME`."""
