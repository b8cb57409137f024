"""Programs that would rather pass than compute. None gets more than the value it hands over, and that is compared elsewhere."""

from __future__ import annotations

import os

import pytest

from abuse.conftest import LEAK, Box, source_of
from grader.programs import Array, Case, Ending, Limits, Program

FORGE = """
import json, struct
def frame(header, payload=b''):
    text = json.dumps(header).encode()
    return struct.pack('>II', len(text), len(payload)) + text + payload
def send(data):
    for fd in range(3, 64):
        try: os.write(fd, data)
        except OSError: pass
"""

INVALID: list[tuple[str, str]] = [
    ("always_equal", "class A:\n    def __eq__(self, other): return True\n    __ne__ = __lt__ = __gt__ = __eq__\nreturn A()"),
    ("float_subclass", "class A(float):\n    def __eq__(self, other): return True\nreturn A(1)"),
    ("int_subclass", "class A(int):\n    def __eq__(self, other): return True\nreturn A(1)"),
    ("str_subclass", "class A(str): pass\nreturn A('x')"),
    ("complex_subclass", "class A(complex): pass\nreturn A(1)"),
    ("array_subclass", "import numpy\nclass A(numpy.ndarray):\n    def __eq__(self, other): return True\nreturn numpy.ones(3).view(A)"),
    ("scalar_subclass", "import numpy\nclass A(numpy.float64): pass\nreturn A(1)"),
    ("masked", "import numpy\nreturn numpy.ma.masked_all(3)"),
    ("matrix", "import numpy\nreturn numpy.matrix([[1.0]])"),
    ("lying_array", "import numpy\nclass A:\n    def __array__(self, *a, **k): return numpy.ones(3)\n    __array_interface__ = numpy.ones(3).__array_interface__\nreturn A()"),
    ("lying_float", "class A:\n    def __float__(self): return 1.0\n    def __index__(self): return 1\nreturn A()"),
    ("lying_class", "class A:\n    @property\n    def __class__(self): return float\nreturn A()"),
    ("lying_metaclass", "class M(type):\n    __mro__ = (tuple, object)\n    __module__ = 'numpy'\n    __name__ = 'float64'\nclass A(metaclass=M): pass\nreturn A()"),
    ("lying_sympy", "import sympy\nclass A(sympy.Symbol):\n    __module__ = 'sympy.core.symbol'\n    def __eq__(self, other): return True\nreturn A('x')"),
    ("pickle_object", "class A:\n    def __reduce__(self): return (os.system, ('true',))\nreturn A()"),
    ("hostile_repr", "class A:\n    def __repr__(self): raise SystemExit\n    __str__ = __repr__\nreturn A()"),
    ("function", "return f"),
    ("module", "return os"),
    ("two_frames", FORGE + "send(frame({'ending': 'ok', 'value': ['f', 1.0]}))\nreturn 2.0"),
    ("two_frames_and_out", FORGE + "send(2 * frame({'ending': 'ok', 'value': ['f', 1.0]}))\nos._exit(0)"),
    ("half_a_frame", FORGE + "send(frame({'ending': 'ok', 'value': ['f', 1.0]})[:-3])\nos._exit(0)"),
    ("garbage_before", FORGE + "send(b'garbage')\nreturn 2.0"),
    ("pickle_frame", FORGE + "import pickle\nsend(pickle.dumps([1.0]))\nos._exit(0)"),
    ("nested_frame", FORGE + "send(struct.pack('>II', 200000, 0) + b'[' * 200000)\nos._exit(0)"),
    ("deep_value", FORGE + "v = ['f', 1.0]\nfor _ in range(300): v = ['t', [v]]\nsend(frame({'ending': 'ok', 'value': v}))\nos._exit(0)"),
    ("no_dictionary", FORGE + "send(frame([1]))\nos._exit(0)"),
    ("fault_claimed", FORGE + "send(frame({'ending': 'fault', 'message': 'ours'}))\nos._exit(0)"),
    ("not_run_claimed", FORGE + "send(frame({'ending': 'not_run'}))\nos._exit(0)"),
    ("ending_of_another_type", FORGE + "send(frame({'ending': ['ok']}))\nos._exit(0)"),
    ("nan_in_a_frame", FORGE + "send(frame({'ending': 'ok', 'value': ['f', float('nan')]}))\nos._exit(0)"),
    ("nan_bytes", FORGE + "import numpy\nsend(frame({'ending': 'ok', 'value': ['a', 'float64', [1]]}, numpy.full(1, numpy.nan).tobytes()))\nos._exit(0)"),
    ("bytes_missing", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'float64', [2]]}, bytes(8)))\nos._exit(0)"),
    ("bytes_too_many", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'float64', [2]]}, bytes(24)))\nos._exit(0)"),
    ("negative_shape", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'float64', [-1, -1]]}, bytes(8)))\nos._exit(0)"),
    ("huge_shape", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'float64', [1 << 20, 1 << 20, 0, 1 << 70]]}, b''))\nos._exit(0)"),
    ("object_dtype_in_a_frame", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'object', [1]]}, bytes(8)))\nos._exit(0)"),
    ("bool_bytes", FORGE + "send(frame({'ending': 'ok', 'value': ['a', 'bool', [1]]}, b'\\x07'))\nos._exit(0)"),
    ("huge_integer", FORGE + "send(frame({'ending': 'ok', 'value': ['i', '0x' + 'f' * 100000]}))\nos._exit(0)"),
    ("decimal_integer", FORGE + "send(b'\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00' + b'9' * 65536)\nos._exit(0)"),
    ("head_with_code", FORGE + "send(frame({'ending': 'ok', 'value': ['y', '__import__(\"os\")', []]}))\nos._exit(0)"),
    ("lone_surrogate_in_a_frame", FORGE + "send(frame({'ending': 'ok', 'value': ['s', '\\ud800']}))\nos._exit(0)"),
]  # fmt: skip


@pytest.mark.parametrize("name, body", INVALID, ids=[row[0] for row in INVALID])
def test_invalid(box: Box, name: str, body: str) -> None:
    ran = box.case(source_of(body))
    assert ran.ending is Ending.INVALID, ran
    assert ran.value is None and ran.message and "\n" not in ran.message


def test_a_frame_of_ones_own_is_but_an_answer(box: Box) -> None:
    """Whoever writes the answer by hand has answered: the value is compared outside as any other."""
    ran = box.case(
        source_of(FORGE + "send(frame({'ending': 'ok', 'value': ['f', 1.5], 'seconds': -5.0}))\nos._exit(0)")
    )
    assert (ran.ending, ran.value) == (Ending.OK, 1.5)
    assert 0 <= ran.seconds < 5


def test_forged_messages_are_one_printable_line(box: Box) -> None:
    text = "a\\nb\\x1b[31m\\u202eevil\\x00" + "x" * 5000
    body = (
        FORGE
        + f"send(frame({{'ending': 'error', 'exception': 'E\\n', 'message': '{text}', 'line': 10**9, 'module': 5}}))\nos._exit(0)"
    )
    ran = box.case(source_of(body))
    assert ran.ending is Ending.ERROR and ran.line is None
    assert ran.message.isprintable() and len(ran.message) <= 300


PATCHES: list[tuple[str, str]] = [
    ("allclose", "import numpy\nnumpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True\nreturn 1.25"),
    ("json", "import json\njson.dumps = lambda *a, **k: '{}'\njson.loads = lambda *a: {'ending': 'ok'}\nreturn 1.25"),
    ("time", "time.monotonic = time.perf_counter = time.time = lambda: 0.0\nreturn 1.25"),
    ("builtins", "import builtins\nbuiltins.abs = builtins.isinstance = builtins.len = lambda *a: True\nreturn 1.25"),
    ("worker", "import inside.run, inside.wire\ninside.run.answer = inside.wire.pack = lambda *a, **k: b'forged'\nreturn 1.25"),
    ("worker_frames", "sys._getframe(2).f_globals['wire'].pack = None\nreturn 1.25"),
    ("worker_exit", "import inside.zygote\ninside.zygote._exit = lambda *a: None\nreturn 1.25"),
    ("os_write", "os.write = lambda fd, data: len(data)\nreturn 1.25"),
    ("passed_on_stdout", "print('passed', 'OK', '100%')\nreturn 1.25"),
    ("environment", "os.environ['GRADER'] = 'passed'\nreturn 1.25"),
    ("global_random", "import random, numpy\nrandom.seed(9); numpy.random.seed(9)\nreturn 1.25"),
    ("print_options", "import numpy\nnumpy.seterr(all='raise'); numpy.set_printoptions(precision=1)\nreturn 1.25"),
]  # fmt: skip


@pytest.mark.parametrize("name, body", PATCHES, ids=[row[0] for row in PATCHES])
def test_what_is_patched_lasts_as_long_as_the_child(box: Box, name: str, body: str) -> None:
    ran = box.case(source_of(body))
    assert ran.ending in (Ending.OK, Ending.ERROR, Ending.INVALID, Ending.EXIT), ran
    assert ran.value in (1.25, None)
    if name == "passed_on_stdout":
        assert ran.output == "passed OK 100%\n" and ran.value == 1.25


def test_no_memory_across_cases(box: Box) -> None:
    source = (
        "import builtins, os, sys, numpy\ncount = 0\n"
        "def f(x):\n"
        "    global count\n"
        "    count += 1\n"
        "    seen = getattr(builtins, 'kept', None), getattr(numpy, 'kept', None), 'kept' in sys.modules, os.listdir('.'), float(numpy.random.rand())\n"
        f"    builtins.kept = numpy.kept = sys.modules['kept'] = 1\n    open('{LEAK}', 'w').close()\n"
        "    x[:] = -1\n"
        "    return count, seen\n"
    )
    cases = [Case("f", (Array("float64", (3,), bytes(24)),))] * 3
    first, second, third = box.ask("run", Program("cheat", source), cases)
    assert first.ending is Ending.OK, first
    assert first.value == second.value == third.value
    assert first.value[0] == 1 and first.value[1][:4] == (None, None, False, ())


def test_inputs_are_given_anew(box: Box) -> None:
    source = "def f(x):\n    before = x.copy()\n    x[:] = 99\n    return before\n"
    one = Array("float64", (2,), bytes(16))
    ran = box.ask("run", Program("cheat", source), [Case("f", (one,))] * 2)
    assert [r.value for r in ran] == [one, one]


def test_what_a_program_can_learn_of_its_grader(box: Box) -> None:
    """Modules, arguments and callers: the worker's own, no name and no value of the grader's."""
    body = (
        "frames, f = [], sys._getframe()\n"
        "while f: frames.append(f.f_code.co_filename); f = f.f_back\n"
        "return sorted(set(frames)), sorted(m for m in sys.modules if 'grader' in m or 'rubric' in m or 'reference' in m), sys.argv"
    )
    ran = box.case(source_of(body))
    assert ran.ending is Ending.OK, ran
    frames, modules, argv = ran.value  # type: ignore[misc]
    assert set(frames) <= {"<string>", "homework.py", "/sandbox/inside/run.py", "/sandbox/inside/zygote.py"}  # type: ignore[arg-type]
    assert (modules, argv) == ((), ("-c",))


def test_an_answer_file_is_not_to_be_found(box: Box) -> None:
    body = (
        "found = []\nfor folder, _, files in os.walk('/'):\n    found += [n for n in files if n.endswith(('.yaml', '.yml', '.ipynb', '.tex'))\n"
        "        and any(w in n for w in ('q1', 'q2', 'answer', 'solution', 'key', 'assignment'))]\nreturn found"
    )
    assert box.case(source_of(body), seconds=20).value == ()


SEARCH = r"""
import ctypes
# in halves, so that the search does not find its own words
words = [(b'outside-', b'kingfisherkingfisher'), (b'inherited', b'-secret'), (b'environment', b'-secret'), (b'earlier-', b'egretegret'), (b'inside-', b'heronheronheron')]
planted = bytes.fromhex('696e736964652d6865726f6e6865726f6e6865726f6e21')
libc = ctypes.CDLL(None)
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_long]
reader, writer = os.pipe()
vector = ctypes.create_string_buffer(1 << 12)
found, scanned, files = set(), 0, 0
def look(text, where):
    for first, second in words:
        at = text.find(first)
        while at >= 0:
            if text.startswith(second, at + len(first)): found.add((where, first.decode()))
            at = text.find(first, at + 1)
def walk(low, high):
    # the kernel refuses an address that is not mapped, or not to be read
    global scanned
    tail = b''
    for address in range(low, high, 4096):
        n = libc.write(writer, address, 4096) if libc.mincore(address, 4096, vector) == 0 else 0
        data = os.read(reader, n) if n > 0 else b''
        scanned += n > 0
        look(tail + data, 'memory')
        tail = data[-64:]
def f():
    global files
    top = libc.sbrk(0)
    for low, high in ((top - (64 << 20), top), *((x - (48 << 20), x + (48 << 20)) for x in (id(planted), ctypes.addressof(vector)))):
        walk(low & ~0xfff, high & ~0xfff)
    for folder, _, names in os.walk('/'):
        for name in names:
            path = os.path.join(folder, name)
            if folder.startswith(('/usr', '/py', '/site', '/dev')) and not name.endswith(('.pth', '.json', '.txt')): continue
            try:
                with open(path, 'rb') as file: look(file.read(), path)
            except OSError: continue
            files += 1
    for fd in range(64):
        if fd not in (reader, writer):
            try: look(os.pread(fd, 4096, 0), 'descriptor')
            except OSError: pass
    look(repr(dict(os.environ)).encode(), 'environment')
    return scanned, files, sorted(found)
"""


def test_one_sentinel_outside_and_one_inside(box: Box) -> None:
    """The parent's memory, files, environment and descriptors hold sentinels, and so did an earlier case; this program
    plants one of its own. It searches its memory and every file it can read, and finds its own alone."""
    box.case(source_of("kept = 'earlier-' + 'egret' * 4\nprint(kept)\nreturn kept"))
    ran = box.case("import os\n" + SEARCH, seconds=60, memory_mb=512)
    assert ran.ending is Ending.OK, ran
    scanned, files, found = ran.value  # type: ignore[misc]
    assert scanned > 1000 and files > 50  # type: ignore[operator]
    assert found == (("memory", "inside-"),)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a worker")
def test_the_warm_worker_holds_nothing_of_anybody(box: Box) -> None:
    """Every child inherits the worker's memory: its whole image is searched from outside."""
    box.case(source_of("kept = 'earlier-' + 'egret' * 4\nprint(kept)\nreturn kept"))
    for pid, name in box.ask("workers"):
        if not name.startswith("python"):
            continue
        words = [
            b"outside-" + b"kingfisher",
            b"inherited" + b"-secret",
            b"environment" + b"-secret",
            b"earlier-" + b"egret",
        ]
        seen = dict.fromkeys([*words, b"inside.zygote"], 0)
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                low, high = (int(x, 16) for x in line.split()[0].split("-"))
                if line.split()[1][0] != "r" or "[v" in line:
                    continue
                memory.seek(low)
                data = memory.read(high - low)
                for word in seen:
                    seen[word] += data.count(word)
        assert seen.pop(b"inside.zygote") > 0, "the search itself does not work"
        assert not any(seen.values()), seen


def test_torch_cheats(torch_box: Box) -> None:
    rows = {
        "class T(torch.Tensor): pass\nreturn torch.ones(3).as_subclass(T)": Ending.INVALID,
        "torch.allclose = lambda *a, **k: True\nreturn torch.ones(3)": Ending.OK,
        "return torch.ones(3, device='meta')": Ending.INVALID,
        "return torch.eye(3).to_sparse()": Ending.INVALID,
        "return torch.ones(3, requires_grad=True) * 2": Ending.OK,
        "return torch.nn.Parameter(torch.ones(3))": Ending.OK,
        "return torch.ones(3, dtype=torch.bfloat16)": Ending.OK,
        "return torch.ones(3, dtype=torch.complex64).conj()": Ending.OK,
        "return torch.tensor(float('nan'))": Ending.INVALID,
        "return torch.ones(10**6)": Ending.INVALID,
        "return torch.ones(1).expand(10**9)": Ending.INVALID,
        "return torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)": Ending.INVALID,
        "return torch.linalg.eig(torch.eye(2))": Ending.OK,
        "return torch.func.vmap(torch.func.grad(torch.sin))(torch.ones(3))": Ending.OK,
        "return torch.func.jacrev(torch.sin)(torch.ones(3))": Ending.OK,
    }
    for body, ending in rows.items():
        ran = torch_box.case(source_of("import torch\n" + body), torch=True, seconds=10)
        assert ran.ending is ending, (body, ran)


def test_gradients_are_taken_inside(torch_box: Box) -> None:
    source = "import torch\ndef f(x, y):\n    return x ** 2 * 3, torch.exp(x)\ndef g(x):\n    return x.detach()\n"
    program = Program("p", source, torch=True)
    x = Array("float64", (2,), memoryview(bytearray(16)).tobytes())
    good, cut = torch_box.ask(
        "run",
        program,
        [
            Case("f", (x, Array("float64", (), bytes(8))), "torch", gradient=True, limits=Limits(20)),
            Case("g", (x,), "torch", gradient=True),
        ],
    )
    assert good.ending is Ending.OK, good
    by_x, by_y = good.value
    assert by_x.dtype == "float64" and memoryview(by_x.data).cast("d").tolist() == [1.0, 1.0]
    assert memoryview(by_y.data).cast("d").tolist() == [0.0]
    assert cut.ending is Ending.INVALID and "gradient" in cut.message
