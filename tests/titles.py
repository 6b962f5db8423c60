"""The titles of operations that tests look for, as keepalived/deploys.py gives them."""

INSTALL = "keepalived | Install the package"
CHECK_VERSION = "keepalived | Check its version"
TEST_CONFIGURATION = "keepalived | Test the new configuration"
ENABLE = "keepalived | Enable the service"
CHANGE = "keepalived | Change one node of each cluster"
REBOOT = "keepalived | Reboot one node of each cluster"


def started(title: str) -> str:
    """What pyinfra prints when it begins with an operation."""
    return f"Starting operation: {title}"
