"""The titles of operations that tests look for, as keepalived/deploys.py gives them."""

INSTALL = "keepalived | Install the package"
CHECK_VERSION = "keepalived | Check its version"
TEST_CONFIGURATION = "keepalived | Test the new configuration"
INSTALL_UNIT = "keepalived | Install the unit's drop-in and enable the service"
CHANGE = "keepalived | Change one node of each cluster"
REBOOT = "keepalived | Reboot one node of each cluster"


def started(title: str) -> str:
    """What pyinfra prints when it begins with an operation."""
    return f"Starting operation: {title}"
