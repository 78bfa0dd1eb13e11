# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Objects, constants and workspaces stay within what they must hold."""

import unittest

import sizes


class SizesTest(unittest.TestCase):
    def check(self, name: str, target: str = "host") -> None:
        if not sizes.model_path(name).exists():
            self.skipTest(f"there is no {sizes.model_path(name)}")
        self.assertEqual(sizes.measure(name, target).excesses(), [])

    def test_mobilenet_v1(self) -> None:
        self.check("mobilenet_v1")

    def test_one_small_network_for_every_target(self) -> None:
        for target in ("host", "x86-avxvnni", "x86-avx2", "generic"):
            with self.subTest(target=target):
                self.check("depthwise", target)

    def test_residual(self) -> None:
        self.check("residual")

    def test_chain_whose_buffers_fit_in_one_order_only(self) -> None:
        self.check("vww_mobilenet")


class ExcessesTest(unittest.TestCase):
    def test_each_limit_has_a_sentence(self) -> None:
        large = sizes.Sizes("mobilenet_v1", "host", object=200_000, constants=126_000,
                            weights=100_000, kernels=2, workspace=111, live=100)
        self.assertEqual(len(large.excesses()), 3)

    def test_at_the_limits(self) -> None:
        exact = sizes.Sizes("mobilenet_v1", "host", object=125_000 + 2 * 8192,
                            constants=125_000, weights=100_000, kernels=2,
                            workspace=110, live=100)
        self.assertEqual(exact.excesses(), [])


if __name__ == "__main__":
    unittest.main()
