"""pyinfra's settings for this repository."""

from pyinfra import config

from keepalived.status.run import prepare

config.REQUIRE_PYINFRA_VERSION = "~=3.10"
config.SUDO = True  # keepalived is root's business
config.FAIL_PERCENT = 0  # the first failure ends the run: the other nodes stay as they are
config.CONNECT_TIMEOUT = 5  # seconds: what a dead node costs

prepare()  # tasks/status.py must work while nodes are down
