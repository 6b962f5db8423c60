"""pyinfra's settings for this repository."""

import sys

from pyinfra import config

sys.dont_write_bytecode = False  # as pyinfra has it every command would compile the package anew

from keepalived.status.run import prepare  # noqa: E402 - compiled once

config.REQUIRE_PYINFRA_VERSION = "~=3.10"
config.SUDO = True  # keepalived is root's business
config.FAIL_PERCENT = 0  # the first failure ends the run: the other nodes stay as they are
config.CONNECT_TIMEOUT = 5  # seconds: what a dead node costs

prepare()  # status must work while nodes are down, and a run that ends early must not end with 0
