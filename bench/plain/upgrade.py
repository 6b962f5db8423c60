"""Upgrades keepalived on all nodes; the package restarts it."""

from pyinfra.operations import apt

apt.packages(name="Upgrade keepalived", packages=["keepalived"], latest=True, update=True)
