# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""qopt-compile against the files of package `hostile`: one test each."""

import shutil
import unittest
from collections.abc import Callable

import hostile
from tool_testing import ToolTestCase


class HostileModelTest(ToolTestCase):
    def test_healthy_model_compiles(self) -> None:
        """Or else being refused proves nothing."""
        self.assert_accepted(self.compile(self.model))


def make_test(name: str) -> Callable[[HostileModelTest], None]:
    def test(self: HostileModelTest) -> None:
        path = self.write(f"{name}.onnx", hostile.MODELS[name]())
        done = self.compile(path)
        if name in hostile.DEGENERATE and done.returncode == 0:
            self.assert_undamaged(done)
            return
        self.assert_refused(done, path.name)

    return test


def make_run_test(name: str) -> Callable[[HostileModelTest], None]:
    """A legal but odd network that compiles has to run, too."""
    def test(self: HostileModelTest) -> None:
        path = self.write("model.onnx", hostile.MODELS[name]())
        if self.compile(path).returncode != 0:
            return  # the test above has judged that
        compiled = self.folder / "compiled"
        shutil.move(self.output, compiled)
        done = self.run_model(compiled / "model.so", "--input", self.data)
        self.assert_undamaged(done)
        self.assert_accepted(done)

    return test


for each in hostile.MODELS:
    setattr(HostileModelTest, f"test_{each}", make_test(each))
for each in sorted(hostile.DEGENERATE):
    setattr(HostileModelTest, f"test_run_{each}", make_run_test(each))


if __name__ == "__main__":
    unittest.main()
