"""Values that come back: what is a number is taken to the bit, what is none is said to be none."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from abuse.conftest import Box, source_of
from grader.programs import Array, Case, Ending, Limits, Program, Tree


def doubles(*xs: float, shape: tuple[int, ...] | None = None) -> Array:
    return Array("float64", (len(xs),) if shape is None else shape, struct.pack(f"{len(xs)}d", *xs))


TAKEN: list[tuple[str, str, Any]] = [
    ("nothing", "return None", None),
    ("bool", "return True", True),
    ("integer", "return -12345678901234567890", -12345678901234567890),
    ("long_integer", "return 10**1000", 10**1000),
    ("float", "return 0.1", 0.1),
    ("negative_zero", "return -0.0", -0.0),
    ("complex", "return 1 - 2j", 1 - 2j),
    ("text", "return 'é\\u202e'", "é\u202e"),
    ("tuple", "return 1.0, (2.0, None)", (1.0, (2.0, None))),
    ("list", "return [1.0, [2]]", (1.0, (2,))),
    ("named_tuple", "import collections\nreturn collections.namedtuple('P', 'a b')(1, 2)", (1, 2)),
    ("eig", "import numpy\nreturn tuple(numpy.linalg.eig(numpy.eye(1)))", (doubles(1.0), doubles(1.0, shape=(1, 1)))),
    ("eig_result", "import numpy\nreturn numpy.linalg.eig(numpy.eye(1))", (doubles(1.0), doubles(1.0, shape=(1, 1)))),
    ("array", "import numpy\nreturn numpy.array([[1.0, 2.0]])", doubles(1.0, 2.0, shape=(1, 2))),
    ("array_turned", "import numpy\nreturn numpy.array([[1.0, 2.0], [3.0, 4.0]]).T", doubles(1.0, 3.0, 2.0, 4.0, shape=(2, 2))),
    ("array_reversed", "import numpy\nreturn numpy.arange(3.0)[::-1]", doubles(2.0, 1.0, 0.0)),
    ("array_big_endian", "import numpy\nreturn numpy.array([1.5], dtype='>f8')", doubles(1.5)),
    ("array_empty", "import numpy\nreturn numpy.zeros((0, 3))", doubles(shape=(0, 3))),
    ("array_half", "import numpy\nreturn numpy.array([1.5], dtype='float16')", Array("float32", (1,), struct.pack("f", 1.5))),
    ("array_long", "import numpy\nreturn numpy.array([1.5], dtype='longdouble')", doubles(1.5)),
    ("array_long_complex", "import numpy\nreturn numpy.array([1.5], dtype='clongdouble')", Array("complex128", (1,), struct.pack("2d", 1.5, 0))),
    ("array_bool", "import numpy\nreturn numpy.array([True, False])", Array("bool", (2,), b"\x01\x00")),
    ("array_integer", "import numpy\nreturn numpy.array([-1], dtype='int16')", Array("int16", (1,), b"\xff\xff")),
    ("array_complex", "import numpy\nreturn numpy.array([1j])", Array("complex128", (1,), struct.pack("2d", 0, 1))),
    ("array_spread", "import numpy\nreturn numpy.broadcast_to(1.0, (2, 2))", doubles(*[1.0] * 4, shape=(2, 2))),
    ("wrong_shape", "import numpy\nreturn numpy.ones((1, 1, 1))", doubles(1.0, shape=(1, 1, 1))),
    ("numpy_scalar", "import numpy\nreturn numpy.float64(2)", doubles(2.0, shape=())),
    ("numpy_bool", "import numpy\nreturn numpy.bool_(True)", Array("bool", (), b"\x01")),
    ("fraction", "import fractions\nreturn fractions.Fraction(1, 4)", 0.25),
    ("decimal", "import decimal\nreturn decimal.Decimal('0.25')", 0.25),
    ("mpmath", "import mpmath\nreturn mpmath.mpf(1) / 4", 0.25),
    ("mpmath_complex", "import mpmath\nreturn mpmath.mpc(1, 2)", 1 + 2j),
    ("sympy", "import sympy\nx = sympy.Symbol('x', positive=True)\nreturn sympy.log(x) / 2",
     Tree("Mul", (Tree("Rational", (1, 2)), Tree("log", (Tree("Symbol", ("x",)),))))),
    ("array_of_expressions", "import numpy, sympy\nreturn numpy.array([sympy.pi, 2])", (Tree("Pi", ()), 2)),
    ("array_of_expressions_2", "import numpy, sympy\nreturn numpy.array([[sympy.pi], [2]])", ((Tree("Pi", ()),), (2,))),
    ("sympy_array", "import sympy\nreturn sympy.Array([[sympy.pi, 1]])", ((Tree("Pi", ()), Tree("Integer", (1,))),)),
    ("sympy_integer", "import sympy\nreturn sympy.Integer(3)", Tree("Integer", (3,))),
    ("sympy_one", "import sympy\nreturn sympy.S.One", Tree("Integer", (1,))),
    ("sympy_half", "import sympy\nreturn sympy.S.Half", Tree("Rational", (1, 2))),
    ("sympy_float", "import sympy\nreturn sympy.Float('0.5', 30)", Tree("Float", (0.5,))),
    ("sympy_pi", "import sympy\nreturn sympy.pi", Tree("Pi", ())),
    ("sympy_i", "import sympy\nreturn sympy.I", Tree("ImaginaryUnit", ())),
    ("sympy_matrix", "import sympy\nreturn sympy.Matrix([[1, 2]])",
     Tree("Matrix", (1, 2, (Tree("Integer", (1,)), Tree("Integer", (2,)))))),
    ("sympy_function", "import sympy\nreturn sympy.Function('h')(sympy.Symbol('t'))", Tree("Function", ("h", Tree("Symbol", ("t",))))),
    ("sympy_true", "import sympy\nreturn sympy.true", Tree("BooleanTrue", ())),
    ("sympy_indexed", "import sympy\nreturn sympy.IndexedBase('z')[sympy.Symbol('i')]",
     Tree("Indexed", (Tree("IndexedBase", (Tree("Symbol", ("z",)),)), Tree("Symbol", ("i",))))),
    ("sympy_sum", "import sympy\ni = sympy.Symbol('i')\nreturn sympy.Sum(i, (i, 1, 3))",
     Tree("Sum", (Tree("Symbol", ("i",)), Tree("Tuple", (Tree("Symbol", ("i",)), Tree("Integer", (1,)), Tree("Integer", (3,))))))),
    ("sympy_matrix_symbol", "import sympy\nreturn sympy.MatrixSymbol('A', 2, 2)",
     Tree("MatrixSymbol", (Tree("Str", ("A",)), Tree("Integer", (2,)), Tree("Integer", (2,))))),
]  # fmt: skip


@pytest.mark.parametrize("name, body, value", TAKEN, ids=[row[0] for row in TAKEN])
def test_taken(box: Box, name: str, body: str, value: Any) -> None:
    ran = box.case(source_of(body))
    assert ran.ending is Ending.OK, ran
    assert ran.value == value and repr(ran.value) == repr(value)


NOT_TAKEN: list[tuple[str, str, str]] = [
    ("nan", "return float('nan')", "NaN"),
    ("infinity", "return float('inf')", "infinity"),
    ("infinity_in_array", "import numpy\nreturn numpy.array([1.0, -numpy.inf])", "infinity"),
    ("infinity_in_tuple", "return 1, (2, 1e999j)", ""),
    ("nan_in_complex", "return complex(0, float('nan'))", "NaN"),
    ("nan_in_array", "import numpy\nreturn numpy.array([1, numpy.nan])", "NaN"),
    ("nan_in_tuple", "return 1, (2, float('nan'))", "NaN"),
    ("nan_single", "import numpy\nreturn numpy.array([numpy.nan], dtype='complex64')", "NaN"),
    ("integer_of_5000_digits", "return 10**5000", "digits"),
    ("decimal_of_5000_digits", "import decimal\nreturn decimal.Decimal('1e5000') * decimal.Decimal('NaN')", ""),
    ("fraction_too_large", "import fractions\nreturn fractions.Fraction(10**5000)", "too large"),
    ("array_too_large", "import numpy\nreturn numpy.zeros(200_000)", "too many"),
    ("array_spread_wide", "import numpy\nreturn numpy.broadcast_to(1.0, (10**6, 10**6))", "too many"),
    ("arrays_too_many", "import numpy\nreturn [numpy.zeros(10_000)] * 20", "too many"),
    ("objects", "import numpy\nreturn numpy.array([object()])", "'object'"),
    ("object_alone", "import numpy\nreturn numpy.array(object())", "objects"),
    ("objects_cyclic", "import numpy\nx = numpy.empty(1, dtype=object)\nx[0] = x\nreturn x", "deep"),
    ("objects_many", "import numpy\nreturn numpy.zeros(10**6, dtype=object)", "objects"),
    ("dates", "import numpy\nreturn numpy.array(['2020-01-01'], dtype='datetime64[D]')", "array of"),
    ("strings", "import numpy\nreturn numpy.array(['x'])", "array of"),
    ("records", "import numpy\nreturn numpy.zeros(2, dtype=[('a', 'f8')])", "array of"),
    ("dictionary", "return {'a': 1}", "'dict'"),
    ("set", "return {1}", "'set'"),
    ("generator", "return (x for x in [1])", "'generator'"),
    ("bytes", "return b'x'", "'bytes'"),
    ("range", "return range(3)", "'range'"),
    ("cyclic", "x = []\nx.append(x)\nreturn x", "deep"),
    ("cyclic_wide", "x = []\nx += [x] * 10\nreturn x", "deep"),
    ("deep", "x = 1.0\nfor _ in range(5000): x = (x,)\nreturn x", "deep"),
    ("surrogates", "return '\\ud800'", "no Unicode"),
    ("long_text", "return 'x' * 100_000", "long text"),
    ("sympy_nan", "import sympy\nreturn sympy.Float('nan')", ""),
    ("sympy_large", "import sympy\nreturn sympy.Add(*[sympy.Symbol(f'x{i}') for i in range(30_000)])", "members"),
    ("sympy_deep", "import sympy\nx = sympy.Symbol('x')\ny = x\nfor _ in range(150): y = sympy.sin(y, evaluate=False)\nreturn y", "deep"),
    ("sympy_own", "import sympy\nclass A(sympy.Function): pass\nreturn A(sympy.Symbol('x'))", "no expression of SymPy's own"),
    ("sympy_huge", "import sympy\nreturn sympy.Integer(10)**5000", "digits"),
]  # fmt: skip


@pytest.mark.parametrize("name, body, message", NOT_TAKEN, ids=[row[0] for row in NOT_TAKEN])
def test_not_taken(box: Box, name: str, body: str, message: str) -> None:
    ran = box.case(source_of(body))
    if name == "sympy_nan" and ran.ending is Ending.OK:
        assert ran.value == Tree("NaN", ())
        return
    assert ran.ending is Ending.INVALID, ran
    assert message in ran.message


def test_numbers_arrive_as_they_are_fed(box: Box) -> None:
    source = "def f(*xs):\n    return tuple(type(x).__module__ + '.' + type(x).__name__ for x in xs)\n"
    args = (
        1.0,
        2,
        True,
        1j,
        None,
        "x",
        doubles(1.0),
        doubles(1.0, shape=()),
        (1.0, doubles(2.0)),
        Tree("Symbol", ("x",)),
    )
    for feed, number in (("float", "builtins.float"), ("numpy", "numpy.float64")):
        ran = box.ask("run", Program("p", source), [Case("f", args, feed, limits=Limits(20))])[0]  # type: ignore[arg-type]
        assert ran.ending is Ending.OK, ran
        assert ran.value[0] == "builtins.float" and ran.value[7] == number
        assert ran.value[1:4] == ("builtins.int", "builtins.bool", "builtins.complex")
        assert ran.value[6] == "numpy.ndarray" and ran.value[8] == "builtins.tuple" and ran.value[9].endswith(".Symbol")


def test_values_go_in_and_out_unchanged(box: Box) -> None:
    args = (
        0.1,
        -3,
        True,
        None,
        2 - 1j,
        "é",
        doubles(0.1, 5e-324, shape=(1, 2)),
        (1.0, (2.0,)),
        Array("int32", (1,), b"\1\0\0\0"),
    )
    case = Case("f", args, "float", limits=Limits(20))
    ran = box.ask("run", Program("p", "def f(*xs):\n    return xs\n"), [case])[0]
    assert ran.value == args


def test_a_bound_value_is_read(box: Box) -> None:
    source = "import sympy\nx = sympy.Symbol('x')\ne = x + 1\nn = 5.0\nh = lambda: 6.0\nclass C:\n    def __call__(self): return 7.0\nc = C()\n"
    ran = box.ask(
        "run", Program("p", source), [Case(name, limits=Limits(20)) for name in ("x", "e", "n", "h", "c", "C")]
    )
    assert [r.ending for r in ran] == [Ending.OK] * 5 + [Ending.INVALID]
    assert ran[0].value == Tree("Symbol", ("x",)) and ran[1].value.head == "Add"
    assert [r.value for r in ran[2:5]] == [5.0, 6.0, 7.0]
