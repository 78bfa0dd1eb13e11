# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bad data, options, folders and libraries: one sentence, status 1, no output.

Bad ONNX files are in test_hostile_models.py.
"""

import os
import subprocess
import unittest
import zipfile
from pathlib import Path

import numpy as np

from tool_testing import ToolTestCase


class CalibrationDataTest(ToolTestCase):
    def assert_data_refused(self, array: np.ndarray, *mentions: str) -> None:
        self.data = self.save("samples", array)
        self.assert_refused(self.compile(self.model), "samples.npy", *mentions)

    def test_nan(self) -> None:
        samples = self.samples(4)
        samples[2, 1, 3, 3] = np.nan
        self.assert_data_refused(samples)

    def test_infinity(self) -> None:
        samples = self.samples(4)
        samples[3, 0, 0, 0] = -np.inf
        self.assert_data_refused(samples)

    def test_wrong_shape(self) -> None:
        self.assert_data_refused(self.samples(4)[:, :, :7])

    def test_wrong_rank(self) -> None:
        self.assert_data_refused(self.samples(4).reshape(4, -1))

    def test_wrong_layout(self) -> None:
        """NHWC, the commonest mistake."""
        self.assert_data_refused(self.samples(4).transpose(0, 2, 3, 1))

    def test_doubles(self) -> None:
        self.assert_data_refused(self.samples(4).astype(np.float64))

    def test_bytes(self) -> None:
        self.assert_data_refused(np.zeros((4, 3, 8, 8), np.uint8))

    def test_big_endian(self) -> None:
        self.assert_data_refused(self.samples(4).astype(">f4"))

    def test_fortran_order(self) -> None:
        self.assert_data_refused(np.asfortranarray(self.samples(4)))

    def test_no_samples(self) -> None:
        self.assert_data_refused(self.samples(0))

    def test_objects(self) -> None:
        """A pickle, which nobody should load."""
        self.assert_data_refused(np.array([{}, []], dtype=object))

    def test_scalar(self) -> None:
        self.assert_data_refused(np.float32(1))

    def test_constant_activations(self) -> None:
        """All zero is legal: every range is a point, and its scale defined."""
        self.data = self.save("zeros", np.zeros((4, 3, 8, 8), np.float32))
        self.assert_accepted(self.compile(self.model))


class DataFileTest(ToolTestCase):
    def assert_file_refused(self, name: str, contents: bytes) -> None:
        self.data = self.write(name, contents)
        self.assert_refused(self.compile(self.model), name)

    def test_missing(self) -> None:
        self.data = self.folder / "nowhere.npy"
        self.assert_refused(self.compile(self.model), "nowhere.npy")

    def test_empty(self) -> None:
        self.assert_file_refused("empty.npy", b"")

    def test_text(self) -> None:
        self.assert_file_refused("text.npy", b"1 2 3\n" * 30)

    def test_truncated_header(self) -> None:
        self.assert_file_refused("short.npy", self.data.read_bytes()[:20])

    def test_truncated_data(self) -> None:
        self.assert_file_refused("short.npy", self.data.read_bytes()[:-1])

    def test_huge_shape(self) -> None:
        contents = self.data.read_bytes()
        header = contents[:128].replace(b"(4, 3, 8, 8)", b"(9999999999,")
        self.assert_file_refused("huge.npy", header + contents[128:])

    def test_folder(self) -> None:
        self.data = self.folder
        self.assert_refused(self.compile(self.model), self.folder.name)

    def test_compressed_npz(self) -> None:
        self.data = self.folder / "data.npz"
        np.savez_compressed(self.data, image=self.samples(4))
        self.assert_refused(self.compile(self.model), "data.npz")

    def test_stored_npz(self) -> None:
        self.data = self.folder / "data.npz"
        np.savez(self.data, image=self.samples(4))
        self.assert_accepted(self.compile(self.model))

    def test_npz_without_the_input(self) -> None:
        self.data = self.folder / "data.npz"
        np.savez(self.data, other=self.samples(4), more=self.samples(4))
        self.assert_refused(self.compile(self.model), "data.npz", "image")

    def test_truncated_npz(self) -> None:
        path = self.folder / "whole.npz"
        np.savez(path, image=self.samples(4))
        self.assert_file_refused("part.npz", path.read_bytes()[:-100])

    def test_npz_without_arrays(self) -> None:
        self.data = self.folder / "data.npz"
        with zipfile.ZipFile(self.data, "w") as archive:
            archive.writestr("readme.txt", "no arrays here")
        self.assert_refused(self.compile(self.model), "data.npz")


class OptionTest(ToolTestCase):
    def test_no_data(self) -> None:
        done = self.run_tool("qopt-compile", self.model, "-o", self.output)
        self.assert_refused(done, "--calibrate")

    def test_unknown_target(self) -> None:
        self.assert_refused(self.compile(self.model, "--target=abacus"),
                            "abacus")

    def test_unknown_numerics(self) -> None:
        self.assert_refused(self.compile(self.model, "--numerics=vague"),
                            "vague")

    def test_unknown_option(self) -> None:
        self.assert_refused(self.compile(self.model, "--frobnicate"),
                            "frobnicate")

    def test_empty_values(self) -> None:
        for option in ("--name=", "--emit=", "--target=", "--stop-after=",
                       "--dump-asm=", "--numerics="):
            with self.subTest(option):
                self.assert_refused(self.compile(self.model, option), option,
                                    "lacks its value")

    def test_missing_model(self) -> None:
        self.assert_refused(self.compile(self.folder / "nowhere.onnx"),
                            "nowhere.onnx")

    def test_unknown_kind_of_model(self) -> None:
        path = self.write("model.tar", b"whatever")
        self.assert_refused(self.compile(path), "model.tar")

    def test_model_is_a_folder(self) -> None:
        path = self.folder / "folder.onnx"
        path.mkdir()
        self.assert_refused(self.compile(path), "folder.onnx")

    def test_bad_ranges_file(self) -> None:
        path = self.write("bad.ranges", b"\0not ranges at all")
        done = self.run_tool("qopt-compile", self.model, "-o", self.output,
                             f"--ranges={path}")
        self.assert_refused(done, "bad.ranges", "is no JSON")

    @unittest.skipUnless(Path("/dev/full").exists(), "needs /dev/full")
    def test_full_disk(self) -> None:
        done = self.compile(self.model, "--ranges=/dev/full")
        self.assert_refused(done, "/dev/full", "No space left")
        self.assertTrue(Path("/dev/full").is_char_device())


class FolderTest(ToolTestCase):
    def test_output_is_a_file(self) -> None:
        self.output.write_text("mine")
        done = self.compile(self.model)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.output.read_text(), "mine")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_read_only_folder(self) -> None:
        (self.folder / "locked").mkdir(mode=0o500)
        self.output = self.folder / "locked/output"
        self.assert_refused(self.compile(self.model), "locked")

    def test_folder_that_cannot_be(self) -> None:
        """Even root cannot make a folder there."""
        done = self.run_tool("qopt-compile", self.model, "-o", "/proc/nowhere",
                             "--calibrate", self.data)
        self.assert_refused(done, "/proc/nowhere")


class MlirTest(ToolTestCase):
    def quantized(self) -> str:
        """Text of a healthy model at level 3."""
        folder = self.folder / "good"
        done = self.run_tool("qopt-compile", self.model, "-o", folder,
                             "--calibrate", self.data)
        self.assert_accepted(done)
        return (folder / "healthy.quantized.mlir").read_text()

    def assert_text_refused(self, text: str) -> None:
        path = self.write("model.mlir", text.encode())
        self.assert_refused(self.compile(path), "model.mlir")

    def test_empty(self) -> None:
        self.assert_text_refused("")

    def test_no_mlir(self) -> None:
        self.assert_text_refused("func.func @f( {{{")

    def test_other_dialect(self) -> None:
        self.assert_text_refused("func.func @f(%a: i32) -> i32 {\n"
                                 "  return %a : i32\n}\n")

    def test_truncated(self) -> None:
        text = self.quantized()
        self.assert_text_refused(text[:len(text) // 2])

    def test_missing_blobs(self) -> None:
        text, found, _ = self.quantized().partition("{-#")
        self.assertTrue(found, "the model has no resources to remove")
        self.assert_text_refused(text)

    def test_short_blob(self) -> None:
        head, found, blobs = self.quantized().partition("{-#")
        self.assertTrue(found, "the model has no resources to shorten")
        start = blobs.index('"0x') + 3
        end = blobs.index('"', start)
        # 8 digits are the alignment; one byte of data stays.
        self.assert_text_refused(head + found + blobs[:start + 10] + blobs[end:])


class LibraryTest(ToolTestCase):
    """qopt-run and files that are not what their names say."""

    def compiled(self) -> bytes:
        folder = self.folder / "good"
        done = self.run_tool("qopt-compile", self.model, "-o", folder,
                             "--calibrate", self.data)
        self.assert_accepted(done)
        return (folder / "healthy.so").read_bytes()

    def assert_library_refused(self, contents: bytes) -> None:
        path = self.write("library.so", contents)
        done = self.run_model(path, "--input", self.data)
        self.assert_refused(done, "library.so")

    def test_text(self) -> None:
        self.assert_library_refused(b"not a library")

    def test_truncated(self) -> None:
        contents = self.compiled()
        self.assert_library_refused(contents[:len(contents) // 2])

    def test_somebody_elses(self) -> None:
        path = self.folder / "library.so"
        subprocess.run(["clang-22", "-shared", "-o", path, "-x", "c", "-"],
                       input=b"int answer(void) { return 42; }", check=True)
        done = self.run_model(path, "--input", self.data)
        self.assert_refused(done, "library.so")

    def test_wrong_magic(self) -> None:
        contents = self.compiled().replace(b"QOPT", b"NOPE")
        self.assert_library_refused(contents)

    def test_missing_feature(self) -> None:
        """A library that says it needs what no CPU has."""
        path = self.folder / "library.so"
        source = (b'#include "qopt_abi.h"\n'
                  b"const qopt_module qopt_module_v1 = {QOPT_MAGIC, QOPT_ABI,"
                  b" sizeof(qopt_module), QOPT_FP32, \"n\", \"t\","
                  b" \"flux-capacitor\", \"test\"};\n")
        self.compiled()
        subprocess.run(["clang-22", "-shared", "-fPIC", "-o", path, "-I",
                        self.folder / "good", "-x", "c", "-"],
                       input=source, check=True)
        done = self.run_model(path, "--input", self.data)
        self.assert_refused(done, "library.so", "flux-capacitor")

    def test_engine_of_another_level(self) -> None:
        done = self.run_model(self.model, "--input", self.data,
                              "--engine=reference")
        self.assert_refused(done, "healthy.onnx", "qopt-compile")

    def test_unknown_engine(self) -> None:
        done = self.run_model(self.model, "--input", self.data,
                              "--engine=steam")
        self.assert_refused(done, "steam")

    def test_wrong_input_shape(self) -> None:
        data = self.save("narrow", self.samples(4)[:, :, :7])
        for engine, file in (("float", self.model),
                             ("native", self.write("l.so", self.compiled()))):
            with self.subTest(engine):
                done = self.run_model(file, "--input", data,
                                      f"--engine={engine}")
                self.assert_refused(done, "narrow.npy")

    def test_unwritable_output(self) -> None:
        done = self.run_tool("qopt-run", self.model, "--input", self.data,
                             "--output", self.folder / "no/such/folder.npy")
        self.assert_refused(done, "folder.npy")


if __name__ == "__main__":
    unittest.main()
