# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Python helpers themselves."""

import gzip
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx

import fashion_mnist
import hostile
import logits
import make_networks
from onnx_builder import GraphBuilder
from qopt_tools import REPOSITORY, identifier


class IdxTest(unittest.TestCase):
    def read(self, data: bytes) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.gz"
            path.write_bytes(gzip.compress(data))
            return fashion_mnist.read_idx(path)

    def test_matrix(self) -> None:
        header = b"\0\0\x08\x02" + b"\0\0\0\x02" + b"\0\0\0\x03"
        values = self.read(header + bytes(range(6)))
        np.testing.assert_array_equal(values, [[0, 1, 2], [3, 4, 5]])

    def test_wrong_type_and_short_data(self) -> None:
        with self.assertRaisesRegex(ValueError, "not an IDX file"):
            self.read(b"\0\0\x0d\x01\0\0\0\x01\0")
        with self.assertRaisesRegex(ValueError, "do not make"):
            self.read(b"\0\0\x08\x01\0\0\0\x05\0")


class LogitsTest(unittest.TestCase):
    # Softmax of the first is 0.5, 0.5; of the second 0.8, 0.2.
    even = np.array([[3.0, 3.0]])
    uneven = np.array([[7.0 + np.log(4), 7.0]])

    def test_divergence(self) -> None:
        self.assertAlmostEqual(logits.kl_nats(self.even, self.uneven),
                               0.5 * np.log(0.5 / 0.8) + 0.5 * np.log(0.5 / 0.2))
        self.assertEqual(logits.kl_nats(self.even, self.even + 100), 0)

    def test_common_shift_is_no_noise(self) -> None:
        self.assertEqual(logits.sqnr_db(self.uneven, self.uneven + 1), np.inf)
        self.assertAlmostEqual(logits.sqnr_db(self.uneven, 1.1 * self.uneven), 20)


class BuilderTest(unittest.TestCase):
    def test_checker_sees_undefined_values(self) -> None:
        graph = GraphBuilder("broken")
        graph.output(graph.node("Relu", "relu", ["nothing"]), [1])
        with self.assertRaises(onnx.checker.ValidationError):
            graph.model()

    def test_networks_have_their_published_size(self) -> None:
        # Weights of convolutions and the fully connected layer, in thousands;
        # Howard et al. 2017, Sandler et al. 2018, He et al. 2015.
        published = {"mobilenet_v1": 4209, "mobilenet_v2": 3470,
                     "resnet50": 25503}
        for name, thousands in published.items():
            with self.subTest(name):
                net = make_networks.NetworkBuilder(name, 1, batch_norm=True)
                make_networks.NETWORKS[name](net)
                weights = [np.prod(t.dims) for t in
                           net.graph.model().graph.initializer
                           if len(t.dims) > 1]
                self.assertEqual(round(sum(weights) / 1000), thousands)

    def test_same_seed_gives_same_network(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("a", "b", "c")]
            for path, seed in zip(paths, (1, 1, 2)):
                make_networks.write("mobilenet_v2", path, seed)
            first, same, other = (path.read_bytes() for path in paths)
        self.assertEqual(first, same)
        self.assertNotEqual(first, other)


class HostileTest(unittest.TestCase):
    def test_each_differs_from_the_healthy_model(self) -> None:
        healthy = hostile.healthy().SerializeToString(deterministic=True)
        for name, make in hostile.MODELS.items():
            with self.subTest(name):
                self.assertNotEqual(make(), healthy)


class FashionNetworksTest(unittest.TestCase):
    def test_files_are_small_and_batch_norm_is_where_it_belongs(self) -> None:
        for name in ("plain", "depthwise", "residual", "deep"):
            with self.subTest(name):
                path = REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
                self.assertLessEqual(path.stat().st_size, 500_000)
                operators = {n.op_type for n in onnx.load(path).graph.node}
                self.assertEqual("BatchNormalization" in operators,
                                 name == "depthwise")
                self.assertEqual("Add" in operators,
                                 name in ("residual", "deep"))


class ToolsTest(unittest.TestCase):
    def test_names_are_c_identifiers(self) -> None:
        self.assertEqual(identifier(Path("a/mobilenet_v1_0.25_224.onnx")),
                         "mobilenet_v1_0_25_224")
        self.assertEqual(identifier(Path("3d net.onnx")), "_3d_net")


if __name__ == "__main__":
    unittest.main()
