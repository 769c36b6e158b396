#!/usr/bin/env python3
"""Write the tiny networks that the tests run (needs the `onnx` package):  testdata/make.py"""
import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

here = pathlib.Path(__file__).parent


def write(name, nodes, image, outputs, constants=(), notes=None):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("image", *image)],
        [helper.make_tensor_value_info(n, t, s) for n, t, s in outputs],
        [numpy_helper.from_array(value, n) for n, value in constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (notes or {}).items():
        model.metadata_props.add(key=key, value=value)
    save(model, here / f"{name}.onnx")


U8, F32 = TensorProto.UINT8, TensorProto.FLOAT
to_float = helper.make_node("Cast", ["image"], ["f"], to=F32)
mean = helper.make_node("ReduceMean", ["f"], ["mean"], axes=[1, 2], keepdims=0)

# the mean colour of each picture: [N, 3]
write("mean", [to_float, mean], (U8, ["N", 4, 6, 3]), [("mean", F32, ["N", 3])],
      notes={"scale": "12.5", "unknown_similarity": "0.4", "words": "not a number"})
write("fixed_batch", [to_float, mean], (U8, [1, 4, 6, 3]), [("mean", F32, [1, 3])])
write("open_size", [to_float, mean], (U8, ["N", "H", "W", 3]), [("mean", F32, ["N", 3])])
write("float_input", [helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2], keepdims=0)],
      (F32, ["N", 4, 6, 3]), [("mean", F32, ["N", 3])])

# a detector: cells of 8 px; a cell is an item as far as it is red, a hand as far as it is blue;
# every box reaches 12 px to each side
pool = [to_float,
        helper.make_node("Transpose", ["f"], ["chw"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["chw"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["cells", "kernel"], ["raw"]),
        helper.make_node("Clip", ["raw", "zero", "one"], ["scores"])]
kernel = np.array([[1, -1, 0], [0, -1, 1]], np.float32).reshape(2, 3, 1, 1) / 255
reach = [helper.make_node("Conv", ["cells", "none", "twelve"], ["boxes"])]
write("detector", pool + reach, (U8, ["N", 32, 40, 3]),
      [("scores", F32, ["N", 2, 4, 5]), ("boxes", F32, ["N", 4, 4, 5])],
      [("kernel", kernel), ("zero", np.float32(0)), ("one", np.float32(1)),
       ("none", np.zeros((4, 3, 1, 1), np.float32)), ("twelve", np.full(4, 12, np.float32))])

# an embedder: a 2 x 2 thumbnail, centred and of length one: [N, 12]
write("embedder",
      [to_float,
       helper.make_node("Transpose", ["f"], ["chw"], perm=[0, 3, 1, 2]),
       helper.make_node("AveragePool", ["chw"], ["thumb"], kernel_shape=[8, 8], strides=[8, 8]),
       helper.make_node("Flatten", ["thumb"], ["flat"], axis=1),
       helper.make_node("Sub", ["flat", "grey"], ["centred"]),
       helper.make_node("LpNormalization", ["centred"], ["embedding"], axis=1, p=2)],
      (U8, ["N", 16, 16, 3]), [("embedding", F32, ["N", 12])],
      [("grey", np.float32(114.5))], notes={"scale": "20", "unknown_similarity": "0.5"})
