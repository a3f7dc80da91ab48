"""Memory for time: a part of the forward that keeps nothing, and is computed again when backward needs it."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from .. import writes
from ..errors import GradientError
from ..functions.random import get_rng_state, set_rng_state
from ..grad_mode import enable_grad, is_grad_enabled
from ..graph import Node, check_saved
from ..tensor import Tensor
from .graph import keeping

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn", "set_checkpoint_early_stop"]

stopping: ContextVar[bool | None] = ContextVar("stopping", default=None)  # what stands in the place of `early_stop`
within: ContextVar[bool] = ContextVar("within", default=False)  # whether a checkpointed function is running


class CheckpointError(GradientError):
    """A checkpointed function computed something else the second time."""


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Two context managers that do nothing, which checkpoint runs the function in if it is given no others."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """A block in which this stands in the place of checkpoint's `early_stop`."""
    token = stopping.set(enable)
    try:
        yield
    finally:
        stopping.reset(token)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), of which nothing is kept for backward but the arguments.

    When backward first needs what an operation in it saved, the function runs again, under the state that the default
    generator had unless not `preserve_rng_state`, and so with the same dropout. It must compute the same both times.
    `context_fn` gives two context managers, within which it runs the first time and again. With `early_stop` it may
    record more the second time than the first, behind what backward needs. Within another checkpointed function it is
    just called: that one's computing again covers it. The other arguments are taken for PyTorch's programs; what is
    computed does not depend on them, nor is there anything to reenter.

    Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([0.0, 1.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).exp(), x).sum().backward()
    >>> x.grad
    tensor([0.0000, 5.4366])

    Raises:
        CheckpointError: in backward, if the function recorded other operations the second time.
        RuntimeError: in backward, if an argument was overwritten since.
        ValueError: `use_reentrant` with `context_fn`.
    """
    if use_reentrant and context_fn is not None:
        raise ValueError("context_fn is for use_reentrant=False")
    first, again = (context_fn or noop_context_fn)()
    if not is_grad_enabled() or within.get():
        with first:
            return function(*args, **kwargs)
    stop = stopping.get()
    region = Region(function, args, kwargs, preserve_rng_state, again, early_stop if stop is None else stop)
    with marked(), keeping(region.keep), first:
        return function(*args, **kwargs)


def checkpoint_sequential(functions: Any, segments: int, input: Any, **settings: Any) -> Any:
    """Checkpoint a chain of functions, such as an nn.Sequential, in `segments` parts; the last is run as it is.

    Raises:
        ValueError: there are no segments.
    """
    chain = list(functions.children() if hasattr(functions, "children") else functions)
    if segments < 1:
        raise ValueError(f"checkpoint_sequential needs at least one segment, got {segments}")

    def part(start: int, end: int) -> Callable[[Any], Any]:
        def run(x: Any) -> Any:
            for function in chain[start:end]:
                x = function(x)
            return x

        return run

    size = len(chain) // segments
    for start in range(0, size * (segments - 1), size or 1):
        input = checkpoint(part(start, start + size), input, **settings)
    return part(size * (segments - 1), len(chain))(input)


@contextmanager
def marked() -> Iterator[None]:
    """A block in which a checkpointed function runs."""
    token = within.set(True)
    try:
        yield
    finally:
        within.reset(token)


class Region:
    """One checkpointed call, and the nodes that it made."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
        preserve_rng_state: bool,
        again: AbstractContextManager[Any],
        early_stop: bool,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.again, self.early_stop = again, early_stop
        self.state = get_rng_state() if preserve_rng_state else None
        self.number = writes.next_number()
        self.made: list[tuple[Any, weakref.ref[Absent]]] = []

    def keep(self, node: Node) -> None:
        """Drop the values that a node saved."""
        if not keeps_values(node):
            return
        absent = Absent(self)
        self.made.append((signature(node), weakref.ref(absent)))
        node.saved = absent  # type: ignore[assignment]

    def compute_again(self) -> None:
        """Run the function again, and hand every node what it saved.

        Raises:
            CheckpointError: other operations were recorded.
            RuntimeError: something was overwritten since the first time.
        """
        nodes: list[Node] = []
        start = writes.next_number()
        for array in writes.arrays_in(arrays_of((*self.args, *self.kwargs.values()))):
            self.check_unwritten(array, start)
        state = get_rng_state() if self.state is not None else None
        if self.state is not None:
            set_rng_state(self.state)
        try:
            with enable_grad(), marked(), keeping(nodes.append), self.again:
                self.function(*self.args, **self.kwargs)
        finally:
            if state is not None:
                set_rng_state(state)
        nodes = list(filter(keeps_values, nodes))
        if self.early_stop:
            nodes = nodes[: len(self.made)]
        first, second = [name for name, _ in self.made], [signature(node) for node in nodes]
        if first != second:
            names, again = ([operation for operation, _ in made] for made in (first, second))
            told = "" if names == again else f" ({', '.join(names):.99} and then {', '.join(again):.99})"
            raise CheckpointError(
                f"a checkpointed function recorded {len(first)} operations, and {len(second)} of other kinds or shapes "
                f"when it was computed again{told}; it must depend on its arguments and the default generator alone"
            )
        for node, (_, reference) in zip(nodes, self.made, strict=True):
            check_saved(node)
            for array in writes.arrays_in(node.saved):
                self.check_unwritten(array, start)
            if (absent := reference()) is not None:
                absent.saved = node.saved

    def check_unwritten(self, array: Any, start: int) -> None:
        """Raise if this array was written to between the first time and the second."""
        write = writes.find_write(array, self.number)
        if write is not None and write.number < start:
            raise writes.lost(array, write, "a checkpointed function is computed from again")


class Absent:
    """In the place of what a node saved: iterating over it computes that again."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.saved: Any = None

    def __iter__(self) -> Iterator[Any]:
        if self.saved is None:
            self.region.compute_again()
        saved, self.saved = self.saved, None
        return iter(saved)


def keeps_values(node: Node) -> bool:
    """Whether a node saved more than shapes and settings."""
    return node.plan is not None and node.plan.keeps_values


def signature(node: Node) -> Any:
    """What must be equal of two nodes that stand for one."""
    return node.operation, node.shape


def arrays_of(value: Any) -> Any:
    """The arrays of Tensors, however deep in lists, tuples and dicts, as nested tuples."""
    if isinstance(value, Tensor):
        return value._array
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return tuple(map(arrays_of, parts))
