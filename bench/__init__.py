"""Figures of the project, measured on lab hosts of this machine: `make bench`."""
