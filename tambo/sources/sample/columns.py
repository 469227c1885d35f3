"""Arrow columns from NumPy arrays and names, built from their buffers.

`pyarrow.array` imports pandas, which costs more than making a small world does.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv

from tambo.sources.sample.draws import Flags, Floats, Ints


def numbers(values: Ints | Floats) -> Any:
    """Whole numbers or doubles as an Arrow array."""
    kind = pa.float64() if values.dtype == np.float64 else pa.int64()
    data = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(data), [None, pa.py_buffer(data)])


def gapped(values: Floats, known: Flags) -> Any:
    """Doubles as an Arrow array, null where they are not known."""
    data, bits = np.ascontiguousarray(values), np.packbits(known, bitorder="little")
    buffers = [pa.py_buffer(bits), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.float64(), len(data), buffers)


def texts(values: Sequence[str]) -> Any:
    """Strings as an Arrow array."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def named(names: Any, index: Ints) -> Any:
    """The name at each index; `names` is an Arrow array."""
    return names.take(numbers(index))


def nothing(count: int) -> Any:
    """A column of nulls."""
    return pa.nulls(count, pa.string())


def joined(left: Any, right: Any) -> Any:
    """Two string columns with a blank between them."""
    return compute.binary_join_element_wise(left, right, texts([" "])[0])


def csv_lines(columns: Sequence[Any]) -> list[bytes]:
    """Lines without line ends, of columns of equal length; nulls are empty.

    Raises:
        pyarrow.ArrowInvalid: a value would have to be quoted.
    """
    table = pa.Table.from_arrays(
        [numbers(each) if isinstance(each, np.ndarray) else each for each in columns],
        names=[str(n) for n in range(len(columns))],
    )
    text = BytesIO()
    csv.write_csv(table, text, csv.WriteOptions(include_header=False, quoting_style="none"))
    return text.getvalue().split(b"\n")[:-1]
