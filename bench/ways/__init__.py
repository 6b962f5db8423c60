"""The ways to look after such a cluster that are held against each other."""
