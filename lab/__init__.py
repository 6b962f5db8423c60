"""Real Debian hosts on this machine, to try and to test this repository on."""
