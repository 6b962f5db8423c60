"""What README and docs/ show, read for the tests that hold it against the code and against real hosts."""
