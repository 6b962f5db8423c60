"""pyinfra's settings for this folder."""

from pyinfra import config

config.SUDO = True
