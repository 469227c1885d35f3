"""A model that is served: its artefact opened, checked, and ready to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tambo.errors import ServingError
from tambo.featurestore.online import OnlineManifest
from tambo.serving.candidate_index import INDEX_FILE, CandidateIndex
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, ServingSpec

_AGAIN = "train the model again and bundle it"


class ServedModel:
    """One model version: encodes rows, runs the ONNX graph, returns predictions.

    Args:
        spec: how inputs are encoded and answers bounded.
        manifest: the features that the model was trained on, as they lie online.
        session: ONNX Runtime session of the graph.
        index: what leads to candidates; None where a request is answered by itself.
    """

    def __init__(
        self,
        spec: ServingSpec,
        manifest: OnlineManifest,
        session: Any,
        index: CandidateIndex | None = None,
    ) -> None:
        self.spec = spec
        self.manifest = manifest
        self.index = index
        self._session = session

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open the artefact in a folder.

        One thread: at the size of a request more of them only get in each other's way.

        Raises:
            ServingError: a file is missing or damaged, or the graph does not fit the spec.
            FeatureError: the manifest is missing or damaged.
        """
        import onnxruntime as ort

        spec = ServingSpec.load(folder / SPEC_FILE)
        manifest = OnlineManifest.load(folder / MANIFEST_FILE)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = folder / MODEL_FILE
        try:
            session = ort.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise ServingError(f"{path}: not an ONNX model: {error}", remedy=_AGAIN) from error
        path_of_index = folder / INDEX_FILE
        index = CandidateIndex.load(path_of_index) if path_of_index.exists() else None
        model = cls(spec, manifest, session, index)
        model._check(path)
        return model

    def predict(self, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float64]:
        """Predict one value a row, the chances of its classes, or the quantiles of its steps.

        Args:
            rows: values by column; each row has every name in `spec.columns`, None if missing.

        Returns:
            float64 [len(rows)], [len(rows), classes], or [len(rows), steps, 3].

        Raises:
            ServingError: a column is not there, a number is none, or the model has no answer.
        """
        return self.predict_matrix(self.spec.encode(rows))

    def predict_matrix(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict rows that `ServingSpec.encode` made; otherwise as `predict`."""
        (answer,) = self._session.run(None, {"features": matrix})
        shape = (len(matrix), self.spec.answers) if self.spec.answers > 1 else (len(matrix),)
        values = np.asarray(answer, dtype=np.float64).reshape(shape)
        if not np.isfinite(values).all():
            raise ServingError(f"model {self.spec.model} has no answer for this request")
        forecast = self.spec.forecast
        return values if forecast is None else forecast.quantiles(values)

    def _check(self, path: Path) -> None:
        """Make sure that graph and spec fit, and that all features may be missing."""
        inputs = {one.name: one.shape for one in self._session.get_inputs()}
        outputs = [one.name for one in self._session.get_outputs()]
        width = sum(one.width for one in self.spec.inputs)
        if list(inputs) != ["features"] or inputs["features"][-1] not in {width, None}:
            raise ServingError(
                f"{path}: the graph takes {inputs}, the spec has {width} features", remedy=_AGAIN
            )
        if len(outputs) != 1:
            raise ServingError(
                f"{path}: the graph gives {', '.join(outputs)}, and not one answer", remedy=_AGAIN
            )
        self.predict([dict.fromkeys(self.spec.columns)])
