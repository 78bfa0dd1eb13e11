/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Descriptors that a loader must refuse; MAGIC, ABI_VERSION, SIZE and FEATURES come from the test. */
#include "qopt_abi.h"

static int32_t run(const qopt_call *call) {
  (void)call;
  return 0;
}

const qopt_module qopt_module_v1 = {MAGIC, ABI_VERSION, SIZE,      QOPT_FP32, "foreign", "none",
                                    FEATURES, "nobody", 0,         0,         0,         0,
                                    64,    1,           0,         0,         run};
