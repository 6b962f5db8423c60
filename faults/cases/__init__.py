"""The faults, by subject: each a plain function that does something to a lab, and says what is to come of it."""
