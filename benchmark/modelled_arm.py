#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inner loops of the Arm rows against llvm-mca's models of Neoverse cores: modelled, not measured.

Every pointwise layer of MobileNet-v1 1.0 is compiled, its inner loop (the loop, or
where the reduction is short the straight code, with most dots) is cut out of the
assembly, and its products per cycle are compared with those of nothing but
independent dots in the same model. For arm-neon the instructions of the loop are
counted, with weights that keep clear of -128 and with all weights legal.
plain-c is the inner loop that clang-22 -O3 makes of gemm_probe/plain.c.

    benchmark/modelled_arm.py [--check] [--targets arm-dotprod,arm-i8mm,arm-neon,plain-c]
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import synthetic
from measurement import finish, make_parser
from qopt_tools import ToolError, compile_model, run_tool

CORES = ("neoverse-v1", "neoverse-n2")
DOTS = {"sdot": 16, "smmla": 32, "smull": 8, "smull2": 8, "smlal": 8, "smlal2": 8}
DOT_OF = {"arm-dotprod": "sdot", "arm-i8mm": "smmla"}
PLAIN = Path(__file__).parent / "gemm_probe/plain.c"
MIN_SHARE = 0.90  # of the model's peak, mean over layers
MIN_NARROW_GAIN = 1.25
# A loop of mca's runs this often.
ITERATIONS = 200


@dataclass
class Row:
    """One layer on one core's model."""
    layer: str
    core: str
    instructions: int
    dots: int
    macs_per_cycle: float
    peak: float

    @property
    def share(self) -> float:
        return self.macs_per_cycle / self.peak


def mnemonics(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def products(lines: list[str]) -> int:
    """8-bit products that the lines compute."""
    return sum(DOTS.get(word, 0) for word in mnemonics(lines))


def blocks(assembly: str) -> list[list[str]]:
    """Basic blocks of AArch64 assembly, without labels and directives; a loop
    keeps the branch back to its own label."""
    found: list[list[str]] = []
    current: list[str] = []
    for line in assembly.splitlines():
        text = line.split("//")[0].strip()
        if text.endswith(":"):
            found.append(current)
            current = []
        elif text and not text.startswith("."):
            current.append(text)
            if re.match(r"(b|b\.\w+|cbn?z|tbn?z|ret)\b", text):
                found.append(current)
                current = []
    return [block for block in [*found, current] if block]


def inner_loop(assembly: str) -> list[str]:
    """The block that computes most products."""
    best = max(blocks(assembly), key=products, default=[])
    if not products(best):
        raise ToolError("no dots in the assembly of a pointwise layer")
    return best


def cycles(lines: list[str], core: str) -> float:
    """Cycles of one pass in llvm-mca's model of `core`."""
    mca = shutil.which("llvm-mca-22") or "llvm-mca"
    done = subprocess.run(
        [mca, "-mtriple=aarch64-linux-gnu", f"-mcpu={core}", "-json",
         f"-iterations={ITERATIONS}"],
        input="\n".join(lines), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolError(f"llvm-mca: {done.stderr.strip()}")
    summary = json.loads(done.stdout)["CodeRegions"][0]["SummaryView"]
    return summary["TotalCycles"] / ITERATIONS


def peak(dot: str, core: str) -> float:
    """Products per cycle of independent dots."""
    suffix = {"sdot": "v28.16b, v29.16b", "smmla": "v28.16b, v29.16b"}[dot]
    lines = [f"{dot} v{i}.4s, {suffix}" for i in range(28)]
    return products(lines) / cycles(lines, core)


def pointwise_layers(quantized: Path) -> list[str]:
    return re.findall(r'layer = "(block\d+\.pw\.conv)"', quantized.read_text())


def loop_of(quantized: Path, target: str, layer: str, folder: Path) -> list[str]:
    return inner_loop(run_tool("qopt-compile", quantized, "-o", folder,
                               f"--target={target}", f"--dump-asm={layer}"))


def model(quantized: Path, target: str, folder: Path) -> list[Row]:
    dot = DOT_OF[target]
    peaks = {core: peak(dot, core) for core in CORES}
    rows = []
    for layer in pointwise_layers(quantized):
        loop = loop_of(quantized, target, layer, folder)
        for core in CORES:
            rate = products(loop) / cycles(loop, core)
            rows.append(Row(layer, core, len(loop), mnemonics(loop).count(dot),
                            rate, peaks[core]))
    return rows


def model_plain(folder: Path) -> list[Row]:
    """What clang's vectorizer makes of the textbook's loops with `sdot` at hand."""
    path = folder / "plain.s"
    subprocess.run(["clang-22", "-O3", "--target=aarch64-linux-gnu", "-march=armv8.2-a+dotprod",
                    "-DFLIP=0", "-S", PLAIN, "-o", path], check=True)
    loop = inner_loop(path.read_text())
    return [Row("plain C", core, len(loop), mnemonics(loop).count("sdot"),
                products(loop) / cycles(loop, core), peak("sdot", core)) for core in CORES]


def mean_share(rows: list[Row], core: str) -> float:
    shares = [row.share for row in rows if row.core == core]
    return sum(shares) / len(shares)


def widened(quantized: Path, folder: Path) -> Path:
    """The same network with one weight of -128 in every layer allowed and set.

    Weights of level 3 are bytes of a resource; 0x81 (-127) becomes 0x80.
    """
    text = quantized.read_text().replace("i8<-127:127>", "i8")
    path = folder / "wide.quantized.mlir"
    path.write_text(re.sub(r'(: "0x[0-9A-Fa-f]{8})([0-9A-Fa-f]+)"', lower_weights, text))
    return path


def lower_weights(match: re.Match[str]) -> str:
    data = bytes.fromhex(match[2])
    return f'{match[1]}{data.replace(bytes([0x81]), bytes([0x80])).hex().upper()}"'


@dataclass
class Neon:
    """Instructions per 1000 products of a layer's inner loop."""
    layer: str
    narrow: float
    wide: float


def count_neon(quantized: Path, folder: Path) -> list[Neon]:
    wide = widened(quantized, folder)
    rows = []
    for layer in pointwise_layers(quantized):
        loops = [loop_of(path, "arm-neon", layer, folder) for path in (quantized, wide)]
        rows.append(Neon(layer, *(1000 * len(loop) / products(loop) for loop in loops)))
    return rows


def print_rows(target: str, rows: list[Row]) -> None:
    print(f"{target}: inner loops, modelled by llvm-mca")
    print(f"{'layer':18} {'core':12} instr  dots  MAC/cycle  of peak")
    for row in rows:
        print(f"{row.layer:18} {row.core:12} {row.instructions:5} {row.dots:5} "
              f"{row.macs_per_cycle:7.1f}/{row.peak:<5.0f} {100 * row.share:5.1f} %")


def print_model(target: str, rows: list[Row]) -> bool:
    print_rows(target, rows)
    good = True
    for core in CORES:
        share = mean_share(rows, core)
        good = good and share >= MIN_SHARE
        print(f"mean on {core}: {100 * share:.1f} % of the model's peak "
              f"(at least {100 * MIN_SHARE:.0f} %)")
    return good


def print_neon(rows: list[Neon]) -> bool:
    print("arm-neon: instructions of inner loops per 1000 products")
    print(f"{'layer':18} narrow   full range  ratio")
    for row in rows:
        print(f"{row.layer:18} {row.narrow:6.1f} {row.wide:12.1f} {row.wide / row.narrow:6.2f}")
    ratio = sum(row.wide / row.narrow for row in rows) / len(rows)
    print(f"mean ratio {ratio:.2f} (at least {MIN_NARROW_GAIN})")
    return ratio >= MIN_NARROW_GAIN


def main() -> int:
    parser = make_parser(__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--targets", default="arm-dotprod,arm-i8mm,arm-neon,plain-c")
    options = parser.parse_args()
    results: dict[str, list[dict]] = {}
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = compile_model(synthetic.network("mobilenet_v1"), folder, synthetic.images(1),
                               ["--emit=mlir"])
        quantized = prefix.with_name(prefix.name + ".quantized.mlir")
        for target in options.targets.split(","):
            if target == "arm-neon":
                neon = count_neon(quantized, folder)
                good = print_neon(neon) and good
                results[target] = [asdict(row) for row in neon]
            elif target == "plain-c":
                rows = model_plain(folder)
                print_rows(target, rows)
                results[target] = [{**asdict(row), "share": row.share} for row in rows]
            else:
                rows = model(quantized, target, folder)
                good = print_model(target, rows) and good
                results[target] = [{**asdict(row), "share": row.share} for row in rows]
    return finish(options, results, good)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ToolError, OSError) as error:
        sys.exit(f"modelled_arm.py: {error}")
