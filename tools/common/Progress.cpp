// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Progress.h"

#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace qopt {

ProgressLine::ProgressLine(StringRef what)
    : what(what), isTerminal(errs().is_displayed()), start(Clock::now()), last(start) {}

ProgressLine::~ProgressLine() {
  if (isShown)
    errs() << "\r\x1b[K";
}

void ProgressLine::update(int64_t done, int64_t total) {
  // Work of less than half a second shows nothing; later, ten updates a second are enough.
  Clock::time_point now = Clock::now();
  using std::chrono::milliseconds;
  if (!isTerminal || now - start < milliseconds(500) || now - last < milliseconds(100))
    return;
  last = now;
  isShown = true;
  errs() << "\r" << what << " " << done << " / " << total << "\x1b[K";
}

} // namespace qopt
