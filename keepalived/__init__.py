"""Floating IP addresses with keepalived: the model, the facts and the operations of this repository."""
