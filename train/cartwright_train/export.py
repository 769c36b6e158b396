"""PyTorch -> ONNX -> int8, with the picture's bytes as the network's input.

The quantised graph takes the frame as the cart has it: uint8, NHWC. Its bytes are already the
quantised form of (x - 127) / 128 with scale 1/128 and zero point 127, so normalisation is exact and
costs nothing: the graph begins with a transpose and a DequantizeLinear.
"""

import os
import time

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType,
                                      quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

OPSET = 17
INPUT_SCALE, INPUT_ZERO = 1 / 128, 127


def normalise(pictures):
    """uint8 NHWC -> what the networks are trained on, float NCHW."""
    return (np.ascontiguousarray(np.transpose(pictures, (0, 3, 1, 2)), dtype=np.float32) - INPUT_ZERO) * INPUT_SCALE


def to_onnx(served, size, path):
    """The float graph: normalised NCHW `x` in, the served outputs out, batch dynamic."""
    served = served.eval().to(memory_format=torch.contiguous_format)
    names = list(served.outputs)
    torch.onnx.export(served, (torch.zeros(2, 3, *size),), path, dynamo=False, opset_version=OPSET,
                      input_names=["x"], output_names=names, do_constant_folding=True,
                      dynamic_axes={name: {0: "n"} for name in ["x", *names]})


class Pictures(CalibrationDataReader):
    def __init__(self, pictures):
        self.left = iter(pictures)

    def get_next(self):
        picture = next(self.left, None)
        return None if picture is None else {"x": normalise(picture[None])}


def quantise(float_path, int8_path, pictures, keep_float=(), reduce_range=False):
    """Static int8, per channel, calibrated on `pictures` (uint8 HWC).

    keep_float: name prefixes of nodes left in float. reduce_range: 7-bit weights, so that processors
    without VNNI, whose 16-bit sums would saturate, give the same numbers as those with it.
    """
    prepared = str(int8_path) + ".prepared"
    quant_pre_process(str(float_path), prepared, skip_symbolic_shape=True)
    nodes = onnx.load(prepared).graph.node
    exclude = [n.name for n in nodes if any(n.name.startswith(prefix) for prefix in keep_float)]
    quantize_static(prepared, str(int8_path), Pictures(pictures), quant_format=QuantFormat.QDQ,
                    op_types_to_quantize=["Conv", "Add", "Resize", "Clip"], per_channel=True, reduce_range=reduce_range,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                    calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=exclude,
                    extra_options={"TensorQuantOverrides": {"x": [{
                        "quant_type": QuantType.QUInt8, "scale": np.array(INPUT_SCALE, np.float32),
                        "zero_point": np.array(INPUT_ZERO, np.uint8)}]}})
    os.remove(prepared)


def take_bytes(model, size):
    """Replace the input `x` (float NCHW) by `image` (uint8 NHWC), exactly."""
    graph = model.graph
    old = next(i for i in graph.input if i.name == "x")
    graph.input.remove(old)
    graph.input.insert(0, helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", *size, 3]))
    transpose = helper.make_node("Transpose", ["image"], ["image_nchw"], "image_nchw", perm=[0, 3, 1, 2])
    quantisers = [n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == "x"]
    if quantisers:
        for node in quantisers:
            for other in graph.node:
                for i, name in enumerate(other.input):
                    if name == node.output[0]:
                        other.input[i] = "image_nchw"
            graph.node.remove(node)
        graph.node.insert(0, transpose)
    else:
        graph.initializer.extend([numpy_helper.from_array(np.float32(INPUT_SCALE), "image_scale"),
                                  numpy_helper.from_array(np.uint8(INPUT_ZERO), "image_zero")])
        graph.node.insert(0, helper.make_node("DequantizeLinear", ["image_nchw", "image_scale", "image_zero"],
                                              ["x"], "image_dequantise"))
        graph.node.insert(0, transpose)
    return model


def finish(path, out, size, facts):
    """Put bytes in front and facts into the metadata; the file the cart loads."""
    model = take_bytes(onnx.load(str(path)), size)
    del model.metadata_props[:]
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))
    for key, value in facts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[0].dim_param = "n"
    model.producer_name = "cartwright-train"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(out))


def session(path, threads=1):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(loaded, pictures):
    """uint8 NHWC in, list of outputs."""
    return loaded.run(None, {"image": np.ascontiguousarray(pictures)})


def milliseconds(path, picture, repeats=60):
    """Median processor time of one picture on one thread: what it costs, however busy the machine is."""
    loaded, times = session(path), []
    for _ in range(repeats):
        start = time.process_time()
        run(loaded, picture[None])
        times.append(time.process_time() - start)
    return float(np.median(times)) * 1e3
