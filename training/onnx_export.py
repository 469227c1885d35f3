"""ONNX files in the one shape that services run: "features" [n, k] in, an answer [n, width] out.

Estimators write themselves with `Graph`; `compare` holds the file against the native model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.design import Matrix
from training.metrics import Floats

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto
    from onnxruntime import InferenceSession

INPUT, OUTPUT = "features", "prediction"

# The oldest versions that have every operator used here: any current runtime reads them.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


@dataclass
class Graph:
    """An ONNX graph under construction; every value is float32 unless said otherwise.

    Attributes:
        width: columns of the features.
        answers: columns of the answer.
    """

    width: int
    answers: int = 1
    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def constant(self, values: NDArray[Any] | float) -> str:
        """Add a constant, and return its name."""
        from onnx import numpy_helper

        array = np.asarray(values)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return the output's name."""
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def columns(self, positions: list[int]) -> str:
        """Pick columns of the features: [n, len(positions)]."""
        chosen = self.constant(np.asarray(positions, dtype=np.int64))
        return self.add("Gather", INPUT, chosen, axis=1)

    def codes(self, position: int) -> str:
        """Pick a category's codes, shifted so that unknown is row 0 of a table: int64 [n]."""
        from onnx import TensorProto

        column = self.add(
            "Gather", INPUT, self.constant(np.asarray(position, dtype=np.int64)), axis=1
        )
        whole = self.add("Cast", column, to=TensorProto.INT64)
        return self.add("Add", whole, self.constant(np.asarray(1, dtype=np.int64)))

    def table(self, rows: NDArray[Any], codes: str) -> str:
        """Look codes up in a table [categories + 1, width]: [n, width]."""
        return self.add("Gather", self.constant(rows.astype(np.float32)), codes, axis=0)

    def finish(self, result: str) -> ModelProto:
        """Name the result as the output, check the model and return it."""
        self.add("Identity", result, output=OUTPUT)
        return self._model({OUTPUT: ["n", self.answers]})

    def several(self, results: Mapping[str, tuple[str, int]]) -> ModelProto:
        """Name several results as outputs, for training to look at.

        Args:
            results: value and number of axes, by name of the output.
        """
        for name, (result, _) in results.items():
            self.add("Identity", result, output=name)
        return self._model({name: [None] * axes for name, (_, axes) in results.items()})

    def _model(self, outputs: Mapping[str, Sequence[str | int | None]]) -> ModelProto:
        from onnx import TensorProto, checker, helper

        graph = helper.make_graph(
            self.nodes,
            "tambo",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", self.width])],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs.items()
            ],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="tambo")
        model.ir_version = IR_VERSION
        checker.check_model(model, full_check=True)
        return model


def open_session(model: ModelProto | bytes) -> InferenceSession:
    """Open a model in ONNX Runtime, on one thread as services do."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = model if isinstance(model, bytes) else model.SerializeToString()
    return InferenceSession(content, options, providers=["CPUExecutionProvider"])


def answer(session: InferenceSession, matrix: Matrix) -> Floats:
    """Predict some rows: float64 [n], or [n, classes]."""
    answers: NDArray[np.float32] = session.run(None, {INPUT: matrix})[0]
    return (answers[:, 0] if answers.shape[1] == 1 else answers).astype(np.float64)


@dataclass(frozen=True)
class Parity:
    """How far the ONNX file is from the native model on the same rows.

    Attributes:
        rows: how many rows were compared.
        largest: largest absolute difference, in the target's unit.
        largest_relative: largest difference as a share of what the model's task holds it against.
    """

    rows: int
    largest: float
    largest_relative: float


def compare(served: Floats, native: Floats, scale: Floats) -> Parity:
    """Compare the ONNX file's answers with the native model's to the same rows.

    Args:
        served: the file's answers.
        native: the model's own.
        scale: what a difference is a share of; as many as there are answers.
    """
    difference = np.abs(served - native)
    return Parity(
        rows=len(native),
        largest=float(difference.max()),
        largest_relative=float((difference / scale).max()),
    )
