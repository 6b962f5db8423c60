"""The titles of operations that tests look for, as deploy.py and tasks/*.py give them; they stand here once."""

INSTALL = "Install keepalived"
CHECK_VERSION = "Check the version of keepalived"
TEST_CONFIGURATION = "Test the new configuration"
INSTALL_UNIT = "Install the unit's drop-in and enable the service"
CHANGE = "Change one node of each cluster"
REBOOT = "Reboot one node of each cluster"


def started(title: str) -> str:
    """What pyinfra prints when it begins with an operation."""
    return f"Starting operation: {title}"
