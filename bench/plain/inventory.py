"""The three nodes of a lab."""

managers = ["server01", "server02", "server03"]
