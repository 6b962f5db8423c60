"""What a person sees while something takes long: a moving line on a terminal, plain lines else."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Detail(Protocol):
    """Tells what a step is at."""

    def __call__(self, text: str) -> None: ...


class Steps(Protocol):
    """Shows one step after the other, each with the seconds it took."""

    def __call__(self, title: str) -> AbstractContextManager[Detail]: ...


@contextmanager
def silent(title: str) -> Iterator[Detail]:
    """Show nothing."""
    yield lambda text: None


@contextmanager
def shown(title: str) -> Iterator[Detail]:
    """Show a step on stderr."""
    console = Console(stderr=True, highlight=False)
    start = time.monotonic()
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        detail_column = TextColumn("[dim]{task.fields[detail]}")
        with Progress(*columns, detail_column, console=console, transient=True) as progress:
            task = progress.add_task(title, total=None, detail="")
            yield lambda text: progress.update(task, detail=text[:50])
        console.print(f"{title} ... {time.monotonic() - start:.0f} s")
    else:
        console.print(f"{title} ... ", end="")
        try:
            yield lambda text: None
        except BaseException:
            console.print("failed")
            raise
        console.print(f"{time.monotonic() - start:.0f} s")
