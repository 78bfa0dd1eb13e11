# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""qopt-compile: outputs, levels to stop at and to go on from, options."""

import json
import unittest
from pathlib import Path

import numpy as np

import hostile
from qopt_tools import ToolError, infer, run_tool
from tool_testing import ToolTestCase

# Everything that one compilation writes; the ABI's header has no name of its own.
SUFFIXES = (".quantized.mlir", ".o", ".so", ".h", ".report.json")


class CompileTestCase(ToolTestCase):
    def build(self, folder: str, *options: object, model: Path | None = None,
              data: Path | None = None) -> Path:
        """Compiles the healthy model; returns FOLDER/net."""
        run_tool("qopt-compile", model or self.model, "-o",
                 self.folder / folder, "--name=net", "--calibrate",
                 data or self.data, *options)
        return self.folder / folder / "net"

    def restart(self, folder: str, model: Path, *options: object) -> Path:
        """Goes on from a level that has its ranges."""
        run_tool("qopt-compile", model, "-o", self.folder / folder,
                 "--name=net", *options)
        return self.folder / folder / "net"

    def assert_same_bytes(self, a: Path, b: Path, *suffixes: str) -> None:
        for suffix in suffixes:
            self.assertEqual(Path(f"{a}{suffix}").read_bytes(),
                             Path(f"{b}{suffix}").read_bytes(), suffix)


class OutputTest(CompileTestCase):
    def names(self, base: Path) -> set[str]:
        return {path.name for path in base.parent.iterdir()}

    def test_all(self) -> None:
        expected = {f"net{suffix}" for suffix in SUFFIXES} | {"qopt_abi.h"}
        self.assertEqual(self.names(self.build("all")), expected)

    def test_each_alone(self) -> None:
        files = {"mlir": {"net.quantized.mlir"}, "o": {"net.o"},
                 "so": {"net.so"}, "h": {"net.h", "qopt_abi.h"},
                 "report": {"net.report.json"},
                 "so,report": {"net.so", "net.report.json"}}
        for kind, expected in files.items():
            with self.subTest(kind):
                base = self.build(kind, f"--emit={kind}")
                self.assertEqual(self.names(base), expected)

    def test_name_is_the_stem_made_an_identifier(self) -> None:
        path = self.write("8-bit net.v2.onnx", self.model.read_bytes())
        self.assert_accepted(self.compile(path, "--emit=h"))
        self.assertTrue((self.output / "_8_bit_net_v2.h").exists())

    def test_nested_folder_is_made(self) -> None:
        self.assertTrue(Path(f"{self.build('a/b/c')}.so").exists())

    def test_failed_compilation_keeps_older_outputs(self) -> None:
        base = self.build("kept")
        before = {path: path.read_bytes() for path in base.parent.iterdir()}
        bad = self.save("bad", self.samples(4)[:, :2])
        with self.assertRaises(ToolError):
            self.build("kept", data=bad)
        after = {path: path.read_bytes() for path in base.parent.iterdir()}
        self.assertEqual(before, after)

    def test_report(self) -> None:
        report = json.loads(
            Path(f"{self.build('report')}.report.json").read_text())
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["options"]["numerics"], "fp32")
        conv = next(layer for layer in report["layers"]
                    if layer["op"] == "qopt.conv2d")
        self.assertEqual(conv["name"], "conv")
        self.assertEqual(conv["macs"], 8 * 8 * 4 * 3 * 3 * 3)
        self.assertEqual(len(conv["weights"]["quantization"]["scale"]), 4)
        self.assertLess(conv["accumulator_bound"], 2 ** 31)
        self.assertEqual(conv["kernels"][-1], conv["kernel"])
        self.assertTrue(conv["rows"])
        self.assertGreater(conv["constant_bytes"], 0)
        totals = report["totals"]
        self.assertGreaterEqual(totals["arena_bytes"],
                                totals["arena_lower_bound_bytes"])
        self.assertEqual(totals["macs"],
                         sum(layer.get("macs", 0) for layer in report["layers"]))


class LevelTest(CompileTestCase):
    def test_every_level_goes_on_to_the_same_library(self) -> None:
        whole = self.build("whole")
        for stage in ("import", "prepare", "calibrate", "quantize"):
            with self.subTest(stage):
                stopped = self.build(stage, f"--stop-after={stage}")
                suffix = ("quantized" if stage == "quantize" else stage)
                level = Path(f"{stopped}.{suffix}.mlir")
                self.assertEqual(list(level.parent.iterdir()), [level])
                if stage in ("import", "prepare"):
                    base = self.build(f"from {stage}", model=level)
                else:
                    base = self.restart(f"from {stage}", level)
                self.assert_same_bytes(base, whole, ".so", ".quantized.mlir")

    def test_kernels(self) -> None:
        stopped = self.build("kernels", "--stop-after=kernels")
        text = Path(f"{stopped}.kernels.mlir").read_text()
        self.assertIn("scf.for", text)
        self.assertNotIn("qopt.conv2d", text)

    def test_options_of_an_earlier_level(self) -> None:
        simulated = Path(f"{self.build('a', '--stop-after=calibrate')}"
                         ".calibrate.mlir")
        quantized = Path(f"{self.build('b', '--emit=mlir')}.quantized.mlir")
        cases = [(simulated, ["--calibrate", self.data], "--calibrate"),
                 (simulated, ["--weights=per-tensor"], "--weights"),
                 (simulated, ["--stop-after=prepare"], "--stop-after"),
                 (simulated, ["--batch=2"], "--batch"),
                 (quantized, ["--ranges=r.json"], "--ranges"),
                 (quantized, ["--activations=symmetric"], "--activations"),
                 (quantized, ["--stop-after=calibrate"], "--stop-after"),
                 (quantized, ["--numerics=fixed"], "--numerics"),
                 (quantized, ["--io=quantized"], "--io")]
        for model, options, mention in cases:
            with self.subTest(options[0], model=model.name):
                done = self.run_tool("qopt-compile", model, "-o", self.output,
                                     *options)
                self.assert_refused(done, model.name, mention)

    def test_contract_and_interface_may_be_repeated(self) -> None:
        quantized = Path(f"{self.build('a', '--numerics=fixed')}"
                         ".quantized.mlir")
        self.restart("b", quantized, "--numerics=fixed", "--io=float")


class CalibrationTest(CompileTestCase):
    def test_threads_change_nothing(self) -> None:
        self.data = self.save("many", self.samples(37))
        for calibrator in ("minmax", "moving-average", "percentile", "mse",
                           "entropy", "aciq-gauss", "aciq-laplace"):
            options = [f"--calibrator={calibrator}", "--round=hessian",
                       "--weight-ranges=mse"]
            bases = [self.build(f"{calibrator} {threads}", *options,
                                f"--threads={threads}", f"--ranges={self.folder}"
                                f"/{threads}.json") for threads in (1, 2, 5)]
            for other, threads in zip(bases[1:], (2, 5)):
                with self.subTest(calibrator, threads=threads):
                    self.assert_same_bytes(bases[0], other, ".so",
                                           ".quantized.mlir")
                    self.assert_same_bytes(self.folder / "1",
                                           self.folder / str(threads), ".json")

    def test_ranges_stand_in_for_data(self) -> None:
        ranges = self.folder / "ranges.json"
        measured = self.build("measured", f"--ranges={ranges}")
        run_tool("qopt-compile", self.model, "-o", self.folder / "read",
                 "--name=net", f"--ranges={ranges}")
        self.assert_same_bytes(measured, self.folder / "read/net", ".so",
                               ".quantized.mlir")

    def test_granularity_and_symmetry(self) -> None:
        base = self.build("a", "--weights=per-tensor",
                          "--activations=symmetric", "--emit=report")
        layers = json.loads(Path(f"{base}.report.json").read_text())["layers"]
        for layer in layers:
            for tensor in [layer["output"], *layer["inputs"]]:
                if "quantization" in tensor:
                    self.assertEqual(tensor["quantization"]["zero_point"], [0])
            if "weights" in layer:
                scale = layer["weights"]["quantization"]["scale"]
                self.assertEqual(len(scale), 1)


class PresetTest(CompileTestCase):
    def report(self, base: Path) -> dict:
        return json.loads(Path(f"{base}.report.json").read_text())["options"]

    def test_best_says_what_it_tried_and_chose(self) -> None:
        self.data = self.save("sixteen", self.samples(16))
        bases = [self.build(f"best {threads}", "--preset=best",
                            f"--threads={threads}") for threads in (1, 2)]
        self.assert_same_bytes(*bases, ".so", ".quantized.mlir")
        options = self.report(bases[0])
        preset = options["preset"]
        self.assertEqual(preset["samples"], {"calibrated": 12, "held_out": 4})
        best = max((entry for entry in preset["tried"] if "sqnr_db" in entry),
                   key=lambda entry: entry["sqnr_db"])
        for key, value in preset["chosen"].items():
            self.assertEqual(best[key], value)
            self.assertEqual(options[key], value)

    def test_best_is_what_its_options_give(self) -> None:
        self.data = self.save("sixteen", self.samples(16))
        best = self.build("best", "--preset=best")
        chosen = self.report(best)["preset"]["chosen"]
        options = [f"--{key.replace('_', '-')}={value}"
                   for key, value in chosen.items() if value not in (True, False)]
        options += [f"--{key.replace('_', '-')}" for key, value in chosen.items()
                    if value is True]
        self.assert_same_bytes(best, self.build("by hand", *options), ".so")

    def test_fast(self) -> None:
        for weights, equalize in (("per-channel", "none"),
                                  ("per-tensor", "cross-layer")):
            options = self.report(self.build(weights, "--preset=fast",
                                             f"--weights={weights}"))
            self.assertEqual(options["equalize"], equalize)
            self.assertEqual(options["correct_bias"], "pre")

    def test_refusals(self) -> None:
        for options, mention in (
                (["--preset=best", "--round=hessian"], "chooses --round itself"),
                (["--preset=worst"], "expected one of fast, best"),
                (["--round=nearby"], "expected one of"),
                (["--split-outliers=many"], "not a percentage"),
                (["--split-outliers=101"], "not a percentage"),
                (["--split-outliers=nan"], "not a percentage"),
                (["--weight-ranges=min"], "expected one of")):
            done = self.run_tool("qopt-compile", self.model, "-o", self.output,
                                 f"--calibrate={self.data}", *options)
            self.assert_refused(done, options[0], mention)
        for option in ("--preset=best", "--round=hessian", "--split-channels",
                       "--split-outliers=0", "--exact-inputs"):
            done = self.run_tool("qopt-compile", self.model, "-o", self.output,
                                 option)
            self.assert_refused(done, option, "--calibrate=X.npy")


class InterfaceTest(CompileTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.expected = infer(Path(f"{self.build('plain')}.so"), self.data,
                              "native")

    def test_nhwc(self) -> None:
        data = self.save("nhwc", np.ascontiguousarray(
            self.samples(4).transpose(0, 2, 3, 1)))
        base = self.build("a", "--io-layout=nhwc", data=data)
        result = infer(Path(f"{base}.so"), data, "native")
        np.testing.assert_array_equal(result, self.expected)

    def test_quantized(self) -> None:
        base = self.build("a", "--io=quantized")
        layers = json.loads(Path(f"{base}.report.json").read_text())["layers"]
        grids = [layers[0]["inputs"][0]["quantization"],
                 layers[-1]["output"]["quantization"]]
        (in_scale,), (in_zero,) = grids[0]["scale"], grids[0]["zero_point"]
        (out_scale,), (out_zero,) = grids[1]["scale"], grids[1]["zero_point"]
        codes = np.rint(self.samples(4) / np.float32(in_scale)) + in_zero
        data = self.save("codes", np.clip(codes, -128, 127).astype(np.int8))
        results = [infer(Path(f"{base}{suffix}"), data, engine) for
                   suffix, engine in ((".so", "native"),
                                      (".quantized.mlir", "jit"),
                                      (".quantized.mlir", "reference"))]
        self.assertEqual(results[0].dtype, np.int8)
        for other in results[1:]:
            np.testing.assert_array_equal(results[0], other)
        reals = (results[0].astype(np.float64) - out_zero) * out_scale
        np.testing.assert_allclose(reals, self.expected, atol=out_scale)

    def batched(self) -> Path:
        """The healthy model with a dynamic leading dimension."""
        model = hostile.healthy()
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "N"
        return self.write("batched.onnx", model.SerializeToString())

    def test_batch(self) -> None:
        base = self.build("a", "--batch=2", model=self.batched())
        library = Path(f"{base}.so")
        np.testing.assert_array_equal(infer(library, self.data, "native"),
                                      self.expected)
        data = self.save("three", self.samples(3))
        done = self.run_model(library, "--input", data)
        self.assert_refused(done, "three.npy", "3 samples", "batch 2")

    def test_batch_that_the_data_does_not_fill(self) -> None:
        done = self.compile(self.batched(), "--batch=3")
        self.assert_refused(done, "data.npy", "4 samples", "batch 3")


if __name__ == "__main__":
    unittest.main()
