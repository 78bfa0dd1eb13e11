// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_VERSION_H
#define QOPT_VERSION_H

#define QOPT_VERSION_STRING "0.1.0"

#endif // QOPT_VERSION_H
