// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DiagnosticsJson.h"

#include <cmath>

using namespace llvm;

namespace qopt {

json::Value toJsonNumber(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

json::Object toJson(const ErrorFigures &figures) {
  return json::Object{{"mas", toJsonNumber(figures.mas)},
                      {"mssr", toJsonNumber(figures.mssr)},
                      {"rqnsr", toJsonNumber(figures.rqnsr)},
                      {"bias_share", toJsonNumber(figures.biasShare)},
                      {"sqnr_db", toJsonNumber(figures.sqnrDb)}};
}

std::string getShortOpName(mlir::Operation *op) { return op->getName().stripDialect().str(); }

/// Layer names come from model files, where they may be any bytes.
static std::string toText(StringRef name) { return json::fixUTF8(name); }

static json::Object describeSite(const SiteSensitivity &site) {
  json::Object object{{"layer", toText(site.name)},
                      {"op", site.exact ? getShortOpName(site.exact) : "input"},
                      {"macs", site.macs},
                      {"weights", site.weights},
                      {"only_quantized", site.onlyQuantized.toJson()},
                      {"kept_float", site.keptFloat.toJson()}};
  if (site.predictedSqnrDb)
    object["predicted_sqnr_db"] = toJsonNumber(*site.predictedSqnrDb);
  return object;
}

json::Object toJson(const Sensitivity &sensitivity) {
  json::Array layers, keep;
  for (const SiteSensitivity &site : sensitivity.sites)
    layers.push_back(describeSite(site));
  for (const KeptLayers &kept : sensitivity.kept) {
    json::Array names;
    for (size_t site : kept.sites)
      names.push_back(toText(sensitivity.sites[site].name));
    json::Object object = kept.outputs.toJson();
    object["layers"] = std::move(names);
    object["float_macs"] = kept.macs;
    keep.push_back(std::move(object));
  }
  return json::Object{{"samples", sensitivity.batches},
                      {"macs", sensitivity.macs},
                      {"biases_corrected", sensitivity.correctsBiases},
                      {"all_quantized", sensitivity.allQuantized.toJson()},
                      {"layers", std::move(layers)},
                      {"keep_float", std::move(keep)}};
}

} // namespace qopt
