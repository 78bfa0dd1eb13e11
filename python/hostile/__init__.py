# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX files that a careless or hostile hand could have made.

Each is a small valid network with one thing wrong. MODELS maps a name to a
function that returns the file's bytes. Those named in DEGENERATE are unusual but
legal, so a compiler may accept them; all others have to be refused.
"""

from hostile import files, graphs, operators, tensors  # noqa: F401 (they register)
from hostile.base import DEGENERATE, MODELS, healthy

__all__ = ["DEGENERATE", "MODELS", "healthy"]
