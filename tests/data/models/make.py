"""Makes the models of the tests: `python tests/data/models/make.py` (onnx 1.23.2, numpy). A few hundred bytes each.

view.onnx   image (batch, 1, rows, columns) -> scores (batch, 2): a convolution, its mean, a sigmoid
other.onnx  the same with other weights: what a centre puts in its place
nan.onnx    the same ports; every score is NaN
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
IMAGE = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, "rows", "columns"])
SCORES = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])


def save(name: str, nodes: list, weights: dict) -> None:
    """Writes a checked model."""
    tensors = [numpy_helper.from_array(np.asarray(v, dtype=np.float32), k) for k, v in weights.items()]
    graph = helper.make_graph(nodes, name, [IMAGE], [SCORES], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="hrgate tests")
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / f"{name}.onnx")


def scored(name: str, edge: float, bias: float) -> None:
    """The convolution has one filter of the mean and one of the edge."""
    mean = np.full((1, 3, 3), 1 / 9)
    sobel = np.array([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]) * edge
    save(name, [
        helper.make_node("Conv", ["image", "filters", "bias"], ["maps"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["maps"], ["bright"]),
        helper.make_node("GlobalAveragePool", ["bright"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Sigmoid", ["flat"], ["scores"]),
    ], {"filters": np.stack([mean, sobel]), "bias": [bias, 0.0]})


scored("view", 1.0, 0.0)
scored("other", 0.25, 0.5)
save("nan", [
    helper.make_node("GlobalAveragePool", ["image"], ["means"]),
    helper.make_node("Flatten", ["means"], ["flat"]),
    helper.make_node("Concat", ["flat", "flat"], ["two"], axis=1),
    helper.make_node("Sub", ["two", "ten"], ["negative"]),
    helper.make_node("Sqrt", ["negative"], ["scores"]),
], {"ten": [10.0]})
