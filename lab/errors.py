"""The one kind of error a lab reports: something to tell in one line instead of a traceback."""


class LabError(Exception):
    """What went wrong, in words for the person who asked; printed as one line ``lab: ...``."""


class CommandFailed(LabError):
    """A command in a host ended otherwise than the caller claimed it would.

    ``status`` is its exit status, ``output`` what it wrote to stdout and then to stderr.
    """

    def __init__(self, host: str, command: str, status: int, output: str) -> None:
        super().__init__(f"{host}: `{command}` ended with status {status}\n{output}".rstrip())
        self.host = host
        self.command = command
        self.status = status
        self.output = output
