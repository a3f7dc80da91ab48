"""Reading pickles of tensors and plain containers by a machine of our own, which can build nothing else.

Python's own unpickler calls whatever a file names. This one knows the instructions that plain data is made of, and the
few names that `Names` lists; everything else in a file is refused, and nothing is ever imported or called for it.

Source: the instructions are those documented in Python's `pickletools`, up to protocol 5.
"""

import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ..wording import in_our_words
from .arrays import Array, Kind, set_state

__all__ = ["Global", "Names", "unpickle"]

MARK = object()
MOST_DIGITS = 1 << 10  # bytes of an integer: more is not a number that anybody wrote


class Global:
    """A name that a pickle refers to, and what calling it gives; plain data as long as it is not called."""

    def __init__(self, module: str, name: str, call: Callable[..., Any] | None = None) -> None:
        self.module = module
        self.name = name
        self.call = call


Names = dict[tuple[str, str], Any]  # what stands for each name that a pickle may refer to


class Machine:
    """One pickle being read: a stack, a memo, and the bytes that are left."""

    def __init__(
        self, data: Any, start: int, names: Names, persistent: Callable[[Any], Any], encoding: str = "utf-8"
    ) -> None:
        self.encoding = encoding
        self.data = data
        self.at = start
        self.names = names
        self.persistent = persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def take(self, count: int) -> bytes:
        """The next bytes.

        Raises:
            ValueError: there are not so many.
        """
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise ValueError("its pickle ends too early")
        taken = bytes(self.data[self.at : end])
        self.at = end
        return taken

    def number(self, form: str) -> Any:
        """The next bytes as a number."""
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The bytes before the next line feed, which may be 200 at most."""
        end = bytes(self.data[self.at : self.at + 200]).find(b"\n")
        return self.take(end + 1)[:-1].decode()

    def marked(self) -> list[Any]:
        """Everything above the topmost mark, taken off with it."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is MARK:
                items = self.stack[place + 1 :]
                del self.stack[place:]
                return items
        raise ValueError("its pickle lacks a mark")

    def last(self, count: int) -> list[Any]:
        """So many values, taken off the stack."""
        if len(self.stack) < count or any(x is MARK for x in self.stack[len(self.stack) - count :]):
            raise ValueError("its pickle takes a value that is not there")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def top(self, kind: type | tuple[type, ...]) -> Any:
        """The topmost value, which is to be of a kind."""
        if not self.stack or not isinstance(self.stack[-1], kind):
            raise ValueError("its pickle adds to something that is no container")
        return self.stack[-1]

    def named(self, module: str, name: str) -> Any:
        """What stands for a name.

        Raises:
            ValueError: the name is not one of those that are allowed.
        """
        if (module, name) not in self.names:
            raise ValueError(
                f"it holds a {module}.{name:.60}, and only tensors and plain containers are read; "
                "save the state_dict() instead"
            )
        return self.names[module, name]

    def called(self, function: Any, args: Any) -> Any:
        """What a name gives when it is called."""
        if not isinstance(function, Global) or function.call is None or not isinstance(args, tuple):
            raise ValueError("its pickle calls something that is no function")
        try:
            return function.call(*args)
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"{function.module}.{function.name} in its pickle: {in_our_words(error)}") from None

    def add_items(self, container: dict[Any, Any], items: list[Any]) -> None:
        """Put keys and values, one after the other, into a dictionary."""
        if len(items) % 2:
            raise ValueError("its pickle has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, (str, int, float, bool, tuple, bytes, type(None))):
                raise ValueError(f"its pickle has a {type(key).__name__} as a key")
            container[key] = value

    def run(self) -> Any:
        """Follow the instructions up to the stop; what is then on top is the result."""
        while True:
            code = self.take(1)
            if code == b".":
                (result,) = self.last(1)
                return result
            act = INSTRUCTIONS.get(code)
            if act is None:
                raise ValueError(f"its pickle has an instruction {code!r}, which plain data does not need")
            act(self)


def unpickle(
    data: Any, start: int, names: Names, persistent: Callable[[Any], Any], encoding: str = "utf-8"
) -> tuple[Any, int]:
    """The object of the pickle that begins at `start`, and where its bytes end.

    Strings of Python 2, which are bytes, are text in this encoding, or stay bytes if it is "bytes".

    Raises:
        ValueError: it is cut short, refers to other names than these, or makes no sense.
    """
    machine = Machine(data, start, names, persistent, encoding)
    try:
        return machine.run(), machine.at
    except (UnicodeDecodeError, struct.error, RecursionError, TypeError, KeyError, MemoryError) as error:
        raise ValueError(f"its pickle makes no sense at byte {machine.at}: {error!r:.80}") from None


def integer(size: int) -> Callable[[Machine], Any]:
    """The instruction for a long integer whose size takes so many bytes."""

    def act(m: Machine) -> None:
        count = m.number("B" if size == 1 else "i")
        if not 0 <= count <= MOST_DIGITS:
            raise ValueError(f"its pickle has an integer of {count} bytes")
        m.stack.append(int.from_bytes(m.take(count), "little", signed=True))

    return act


def value(form: str) -> Callable[[Machine], Any]:
    """The instruction for a number in a binary form."""
    return lambda m: m.stack.append(m.number(form))


def constant(make: Callable[[], Any]) -> Callable[[Machine], Any]:
    """The instruction for a value that is always the same."""
    return lambda m: m.stack.append(make())


def text(form: str) -> Callable[[Machine], Any]:
    """The instruction for a string whose length has this form."""
    return lambda m: m.stack.append(m.take(m.number(form)).decode("utf-8", "surrogatepass"))


def raw(form: str) -> Callable[[Machine], Any]:
    """The instruction for bytes whose length has this form."""
    return lambda m: m.stack.append(m.take(m.number(form)))


def old_text(form: str) -> Callable[[Machine], Any]:
    """The instruction for Python 2's strings of bytes whose length has this form."""

    def act(m: Machine) -> None:
        taken = m.take(m.number(form))
        m.stack.append(taken if m.encoding == "bytes" else taken.decode(m.encoding))

    return act


def put(form: str) -> Callable[[Machine], Any]:
    """The instruction that remembers the topmost value."""

    def act(m: Machine) -> None:
        place = m.number(form)
        (kept,) = m.last(1)
        m.stack.append(kept)
        m.memo[place] = kept

    return act


def memoize(m: Machine) -> None:
    (kept,) = m.last(1)
    m.stack.append(kept)
    m.memo[len(m.memo)] = kept


def get(form: str) -> Callable[[Machine], Any]:
    """The instruction that gives a remembered value again."""
    return lambda m: m.stack.append(m.memo[m.number(form)])


def tuple_of(count: int) -> Callable[[Machine], Any]:
    """The instruction for a tuple of so many values."""
    return lambda m: m.stack.append(tuple(m.last(count)))


def append(m: Machine) -> None:
    items = m.last(1)
    m.top(list).extend(items)


def appends(m: Machine) -> None:
    items = m.marked()
    m.top(list).extend(items)


def add_to_set(m: Machine) -> None:
    items = m.marked()
    m.top(set).update(items)


def set_item(m: Machine) -> None:
    items = m.last(2)
    m.add_items(m.top(dict), items)


def set_items(m: Machine) -> None:
    items = m.marked()
    m.add_items(m.top(dict), items)


def global_by_line(m: Machine) -> None:
    module = m.line()
    m.stack.append(m.named(module, m.line()))


def global_by_stack(m: Machine) -> None:
    module, name = m.last(2)
    m.stack.append(m.named(module, name))


def reduce(m: Machine) -> None:
    function, args = m.last(2)
    m.stack.append(m.called(function, args))


def build(m: Machine) -> None:
    """Give the topmost object its attributes: a dictionary's are dropped, as those of a state_dict's metadata."""
    (attributes,) = m.last(1)
    top = m.top((dict, Global, SimpleNamespace, Array, Kind))
    if isinstance(top, (Array, Kind)):
        set_state(top, attributes)
    elif isinstance(top, SimpleNamespace):
        if not isinstance(attributes, dict) or not all(isinstance(name, str) for name in attributes):
            raise ValueError("its pickle has attributes without names")
        vars(m.stack[-1]).update(attributes)


def persistent_id(m: Machine) -> None:
    (name,) = m.last(1)
    m.stack.append(m.persistent(name))


INSTRUCTIONS: dict[bytes, Callable[[Machine], Any]] = {
    b"\x80": lambda m: m.take(1),  # the protocol
    b"\x95": lambda m: m.take(8),  # a frame
    b"(": constant(lambda: MARK),
    b"N": constant(lambda: None),
    b"\x88": constant(lambda: True),
    b"\x89": constant(lambda: False),
    b"}": constant(dict),
    b"]": constant(list),
    b")": constant(tuple),
    b"\x8f": constant(set),
    b"J": value("i"),
    b"K": value("B"),
    b"M": value("H"),
    b"G": lambda m: m.stack.append(struct.unpack(">d", m.take(8))[0]),
    b"\x8a": integer(1),
    b"\x8b": integer(4),
    b"X": text("I"),
    b"\x8c": text("B"),
    b"\x8d": text("Q"),
    b"U": old_text("B"),
    b"T": old_text("i"),
    b"C": raw("B"),
    b"B": raw("I"),
    b"\x8e": raw("Q"),
    b"\x96": lambda m: m.stack.append(bytearray(m.take(m.number("Q")))),
    b"q": put("B"),
    b"r": put("I"),
    b"\x94": memoize,
    b"h": get("B"),
    b"j": get("I"),
    b"t": lambda m: m.stack.append(tuple(m.marked())),
    b"l": lambda m: m.stack.append(m.marked()),
    b"\x85": tuple_of(1),
    b"\x86": tuple_of(2),
    b"\x87": tuple_of(3),
    b"a": append,
    b"e": appends,
    b"\x90": add_to_set,
    b"s": set_item,
    b"u": set_items,
    b"c": global_by_line,
    b"\x93": global_by_stack,
    b"R": reduce,
    b"\x81": reduce,  # NEWOBJ: a class called without __init__, which comes to the same for what is allowed
    b"b": build,
    b"Q": persistent_id,
    b"0": lambda m: m.last(1),
}
