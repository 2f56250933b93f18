"""Reads pickles with the C unpickler of this Python and says what it resolved and made. Nothing that is named is imported.

Requests: the number of pickles, then each with its length in front. Answers: for each pickle, three readings (from bytes,
from an unbuffered stream, from a buffered file), each a status byte, the place where the reading ended, the globals and a
description of the object. All numbers are little-endian with 32 bits; texts are UTF-16.
"""
import _pickle
import copyreg
import io
import resource
import struct
import sys
import warnings

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
DEPTH, SIZE = 40, 5000
for code in range(1, 256):
    copyreg.add_extension("copyreg", "extension_%d" % code, code)
for code in (256, 0x1234, 65535, 0x01020304, 0x7FFFFFFF):
    copyreg.add_extension("copyreg", "extension_%d" % code, code)


class Inert:
    """A method that records, of an instance; of a class it does nothing."""

    def __init__(self, record):
        self.record = record

    def __get__(self, item, owner):
        if item is None:
            return lambda *args: None
        return lambda *args: self.record(item, *args)


def set_state(item, state):
    item.state = state


class Kind(type):
    def __setitem__(cls, key, value):
        pass


class Made(metaclass=Kind):
    def __new__(cls, *args, **keywords):
        return make(cls, args, keywords)

    def __init__(self, *args, **keywords):
        pass

    def __call__(self, *args):
        return make(self, args, {})

    def __setitem__(self, key, value):
        self.entries.append((key, value))

    __setstate__ = Inert(set_state)
    append = Inert(lambda item, value: item.items.append(value))
    extend = Inert(lambda item, values: item.items.extend(values))
    add = Inert(lambda item, value: item.items.append(value))


def make(function, args, keywords):
    item = object.__new__(Made)
    item.function, item.args, item.items, item.entries, item.state = function, args, [], [], keywords or None
    return item


class Outside:
    """What is kept outside the pickle."""

    __slots__ = ("saved_id",)

    def __init__(self, saved_id):
        self.saved_id = saved_id


class Unpickler(_pickle.Unpickler):
    def find_class(self, module, name):
        key = (module, name)
        found = self.classes.get(key)
        if found is None:
            found = self.classes[key] = Kind("Global", (Made,), {"global_name": key})
            self.named.append(key)
        return found

    def persistent_load(self, saved_id):
        return Outside(saved_id)


class Describer:
    def __init__(self):
        self.parts, self.seen, self.pinned = [], {}, []

    def refer(self, item):
        """The number of an object; False when it is the first time."""
        number = self.seen.get(id(item))
        if number is not None:
            self.parts.append("@%d" % number)
            return True
        self.seen[id(item)] = len(self.seen)
        self.pinned.append(item)
        return False

    def add_all(self, items, depth):
        for item in items:
            self.add(item, depth)
            if len(self.parts) > SIZE:
                break

    def add(self, item, depth):
        if depth == 0 or len(self.parts) > SIZE:
            self.parts.append("~")
            return
        kind = type(item)
        if kind is list:
            if not self.refer(item):
                self.parts.append("[")
                self.add_all(item, depth - 1)
                self.parts.append("]")
        elif kind is tuple:
            self.parts.append("(")
            self.add_all(item, depth - 1)
            self.parts.append(")")
        elif kind is dict:
            if not self.refer(item):
                self.add_dict(item, depth)
        elif kind is Made:
            if is_hooks(item) or not self.refer(item):
                self.parts.append("o")
                self.add(item.function, depth - 1)
                self.add(item.args, depth - 1)
                if item.items:
                    self.parts.append("+")
                    self.add_all(item.items, depth - 1)
                if item.entries:
                    self.parts.append("=")
                    self.add_all([part for entry in item.entries for part in entry], depth - 1)
                if type(item.state) is dict:
                    if item.state:
                        self.add_dict(item.state, depth)
                elif item.state is not None:
                    self.parts.append("!")
                    self.add(item.state, depth - 1)
        elif kind is Outside:
            self.parts.append("p")
            self.add(item.saved_id, depth - 1)
        elif kind is set or kind is frozenset:
            self.parts.append("s" if kind is set else "z")
            self.parts.extend(sorted(map(plain, item), key=encode_big))
            self.parts.append("}")
        else:
            self.parts.append(plain(item))

    def add_dict(self, item, depth):
        self.parts.append("{")
        self.add_all([part for entry in item.items() for part in entry], depth - 1)
        self.parts.append("}")


def is_hooks(item):
    """An empty OrderedDict, of which tensors have one each: which of them it is makes no difference and is not kept."""
    return (type(item.function) is Kind and item.function.global_name == ("collections", "OrderedDict")
            and not (item.args or item.items or item.entries or item.state))


def encode_big(text):
    return text.encode("utf-16-be", "surrogatepass")


def plain(item):
    """A leaf; of anything else only its kind."""
    kind = type(item)
    if item is None:
        return "N"
    if kind is bool:
        return "T" if item else "F"
    if kind is int:
        return "i%s%x" % ("-" if item < 0 else "", abs(item))
    if kind is float:
        return "fnan" if item != item else "f" + struct.pack(">d", item).hex()
    if kind is str:
        return "u" + item + "\0"
    if kind in (bytes, bytearray, memoryview):
        return "b" + bytes(item).hex()
    if kind is Kind:
        return "c%s\1%s\0" % item.global_name
    if kind is tuple:
        return "(" + "".join(map(plain, item)) + ")"
    return "?"


def read(source):
    copyreg._extension_cache.clear()
    unpickler = Unpickler(source, encoding="utf-8")
    unpickler.classes, unpickler.named = {}, []
    try:
        made = unpickler.load()
        describer = Describer()
        describer.add(made, DEPTH)
        return 0, unpickler.named, "".join(describer.parts)
    except MemoryError:
        return 2, unpickler.named, "MemoryError"
    except Exception as error:
        return 1, unpickler.named, type(error).__name__ + ": " + str(error)[:200]


def pack(text):
    encoded = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(encoded)) + encoded


def answer(reading, place):
    status, named, text = reading
    parts = [struct.pack("<BII", status, place, len(named))]
    for module, name in named:
        parts.append(pack(module))
        parts.append(pack(name))
    parts.append(pack(text))
    return b"".join(parts)


class Peeked(io.BytesIO):
    """Shows all bytes at once, so that the unpickler reads none of them a second time: what loads() does."""

    def peek(self, size):
        return self.getvalue()[self.tell():]


def main():
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        head = requests.read(4)
        if len(head) < 4:
            return
        for _ in range(struct.unpack("<I", head)[0]):
            data = requests.read(struct.unpack("<I", requests.read(4))[0])
            for kind in (Peeked, io.BytesIO, None):
                source = io.BufferedReader(io.BytesIO(data)) if kind is None else kind(data)
                reading = read(source)
                answers.write(answer(reading, source.tell()))
        answers.flush()


main()
