# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""qopt-compile --html-report: the page and the keys of the JSON report."""

import json
import re
import tempfile
import unittest
from pathlib import Path

import hostile
from html_page import find_browser, frame_page, read_page, render
from qopt_tools import run_tool
from tool_testing import ToolTestCase

# A name that ends elements and begins others wherever it is not escaped.
HOSTILE_NAME = "</script><script>document.title='owned'</script><!--'\"&"
ALL_REPAIRS = ("--weights=per-tensor", "--equalize=noise-model",
               "--round=hessian", "--correct-bias=pre")
STEPS = ["plain", "equalize=noise-model", "round=hessian", "correct-bias=pre"]


class HtmlReportTestCase(ToolTestCase):
    def build(self, folder: str, *options: object,
              model: Path | None = None) -> Path:
        """Compiles with --html-report; returns FOLDER/net."""
        run_tool("qopt-compile", model or self.model, "-o",
                 self.folder / folder, "--name=net", "--emit=report",
                 "--html-report", *options)
        return self.folder / folder / "net"

    def calibrated(self, folder: str, *options: object,
                   model: Path | None = None) -> Path:
        return self.build(folder, "--calibrate", self.data, *options,
                          model=model)

    def hostile_model(self) -> Path:
        model = hostile.healthy()
        for node in model.graph.node:
            if node.name == "conv":
                node.name = HOSTILE_NAME
        return self.write("named.onnx", model.SerializeToString())

    def diagnostics(self, base: Path) -> dict:
        report = json.loads(Path(f"{base}.report.json").read_text())
        return report["diagnostics"]


class PageTest(HtmlReportTestCase):
    def test_structure(self) -> None:
        page = read_page(Path(f"{self.calibrated('out')}.report.html"))
        self.assertEqual(page.unclosed, [])
        self.assertEqual(page.loaded, [])
        self.assertEqual(len(set(page.ids)), len(page.ids))
        for tag in ("link", "img", "iframe", "object", "form"):
            self.assertNotIn(tag, page.tags)
        self.assertEqual(page.tags.count("script"), 2)
        self.assertNotIn("@import", page.texts["style"])
        self.assertNotIn("url(", page.texts["style"])
        self.assertIn("prefers-color-scheme: dark", page.texts["style"])
        self.assertEqual(page.texts["title"], "net · qopt")

    def test_data_are_those_of_the_report(self) -> None:
        base = self.calibrated("out")
        report = json.loads(Path(f"{base}.report.json").read_text())
        shown = read_page(Path(f"{base}.report.html")).data["report"]
        self.assertEqual([layer["name"] for layer in shown["layers"]],
                         [layer["name"] for layer in report["layers"]])
        self.assertEqual(shown["totals"], report["totals"])
        self.assertEqual([layer["from"] for layer in shown["layers"]],
                         [layer["from"] for layer in report["layers"]])

    def test_histograms_hold_all_values(self) -> None:
        page = read_page(Path(f"{self.calibrated('out')}.report.html"))
        details, report = page.data["details"], page.data["report"]
        image = details["inputs"][0]
        self.assertEqual(image["name"], "image")
        self.assertEqual(sum(image["histogram"]["counts"]), 4 * 3 * 8 * 8)
        for entry in details["layers"]:
            shape = report["layers"][entry["index"]]["output"]["shape"]
            size = 4
            for extent in shape:
                size *= extent
            self.assertEqual(sum(entry["histogram"]["counts"]), size)

    def test_hostile_name(self) -> None:
        base = self.calibrated("out", model=self.hostile_model())
        page = read_page(Path(f"{base}.report.html"))
        self.assertEqual(page.tags.count("script"), 2)
        names = [layer["name"] for layer in page.data["report"]["layers"]]
        self.assertIn(HOSTILE_NAME, names)

    def test_same_bytes_with_any_number_of_threads(self) -> None:
        texts = []
        for threads in (1, 3):
            base = self.calibrated(str(threads), *ALL_REPAIRS,
                                   f"--threads={threads}")
            text = Path(f"{base}.report.html").read_text()
            # The command line, which the page quotes, tells them apart.
            texts.append(text.replace(f"--threads={threads}", "")
                         .replace(str(base.parent), ""))
        self.assertEqual(*texts)


class DiagnosticsTest(HtmlReportTestCase):
    def test_steps(self) -> None:
        found = self.diagnostics(self.calibrated("out", *ALL_REPAIRS))
        self.assertEqual([step["name"] for step in found["steps"]], STEPS)
        self.assertEqual(found["samples"], 4)
        figures = {"sqnr_db", "rqnsr", "mssr", "mas", "bias_share"}
        for step in found["steps"]:
            for layer in step["layers"]:
                self.assertLessEqual(figures, layer.keys())

    def test_last_step_is_what_was_compiled(self) -> None:
        base = self.calibrated("out", *ALL_REPAIRS, "--emit=report,mlir")
        last = self.diagnostics(base)["steps"][-1]
        run_tool("qopt-compile", self.model, "-o", self.folder, "--name=net",
                 "--calibrate", self.data, *ALL_REPAIRS,
                 "--stop-after=prepare")
        text = run_tool("qopt-run", self.folder / "net.prepare.mlir",
                        "--input", self.data, "--json",
                        f"--analyze={base}.quantized.mlir")
        for mine, other in zip(last["layers"], json.loads(text)["layers"]):
            self.assertEqual(mine["layer"], other["layer"])
            self.assertAlmostEqual(mine["sqnr_db"], other["sqnr_db"])

    def test_actions(self) -> None:
        found = self.diagnostics(self.calibrated("out", *ALL_REPAIRS))
        kinds = {action["kind"] for entry in found["actions"]
                 for action in entry["actions"]}
        self.assertIn("bias", kinds)
        self.assertIn("rounded", kinds)

    def test_sensitivity(self) -> None:
        found = self.diagnostics(self.calibrated("out"))["sensitivity"]
        names = [layer["layer"] for layer in found["layers"]]
        self.assertEqual(names[0], "image")
        self.assertIn("conv", names)
        self.assertFalse(found["biases_corrected"])
        best = found["keep_float"][0]
        self.assertGreater(best["sqnr_db"], found["all_quantized"]["sqnr_db"])

    def test_without_example_inputs(self) -> None:
        ranges = self.folder / "ranges.json"
        self.calibrated("first", f"--ranges={ranges}")
        base = self.build("second", f"--ranges={ranges}")
        self.assertIn("--calibrate", self.diagnostics(base)["unavailable"])
        read_page(Path(f"{base}.report.html"))

    def test_quantized_model(self) -> None:
        base = self.calibrated("first", "--emit=mlir")
        again = self.build("second", model=Path(f"{base}.quantized.mlir"))
        self.assertIn("float model", self.diagnostics(again)["unavailable"])

    def test_refused_with_stop_after(self) -> None:
        done = self.compile(self.model, "--html-report",
                            "--stop-after=quantize")
        self.assert_refused(done, "--html-report", "--stop-after")


@unittest.skipUnless(find_browser(), "no Chromium here to look at the page")
class BrowserTest(HtmlReportTestCase):
    def render(self, page: Path) -> str:
        with tempfile.TemporaryDirectory() as profile:
            return render(find_browser(), page, Path(profile))

    def test_sections_are_drawn(self) -> None:
        base = self.calibrated("out", *ALL_REPAIRS)
        document = self.render(Path(f"{base}.report.html"))
        drawn = re.findall(r'<section id="(\w+)"', document)
        self.assertEqual(drawn, ["errors", "worst", "network", "ranges",
                                 "sensitivity", "options"])
        self.assertTrue("<svg" in document)

    def test_hostile_name_is_text(self) -> None:
        base = self.calibrated("out", model=self.hostile_model())
        document = self.render(Path(f"{base}.report.html"))
        self.assertTrue("<title>net · qopt</title>" in document)
        self.assertTrue("&lt;/script&gt;" in document.replace("<wbr>", ""))

    def test_no_page_scrolls_sideways(self) -> None:
        base = self.calibrated("out", *ALL_REPAIRS,
                               model=self.hostile_model())
        for width in (320, 390, 768, 1280):
            frame = frame_page(Path(f"{base}.report.html"), width)
            page = self.write(f"frame{width}.html", frame.encode())
            measured = re.search("<title>(.*)</title>", self.render(page))
            self.assertEqual(measured.group(1), f"{width} of {width}")


if __name__ == "__main__":
    unittest.main()
