"""A matrix of faults on lab hosts, each audited from outside: `make faults`."""
