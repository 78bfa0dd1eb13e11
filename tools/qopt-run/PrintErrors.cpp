// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "PrintErrors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;

namespace qopt {

/// JSON has no infinity.
static json::Value number(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

static json::Object makeObject(const ErrorFigures &figures) {
  return json::Object{{"mas", number(figures.mas)},
                      {"mssr", number(figures.mssr)},
                      {"rqnsr", number(figures.rqnsr)},
                      {"bias_share", number(figures.biasShare)},
                      {"sqnr_db", number(figures.sqnrDb)}};
}

static void printJson(ArrayRef<LayerErrors> layers, int64_t samples) {
  json::Array array;
  for (const LayerErrors &layer : layers) {
    json::Object object = makeObject(layer.statistics.layer());
    json::Array channels;
    for (int64_t c = 0; c < layer.statistics.numChannels(); ++c)
      channels.push_back(makeObject(layer.statistics.channel(c)));
    object["layer"] = layer.layer;
    object["op"] = layer.op;
    object["worst_channel"] = layer.statistics.worstChannel();
    object["channels"] = std::move(channels);
    array.push_back(std::move(object));
  }
  outs() << json::Value(
                json::Object{{"schema", 1}, {"samples", samples}, {"layers", std::move(array)}})
         << "\n";
}

static void printTable(ArrayRef<LayerErrors> layers, int64_t samples) {
  std::vector<std::pair<double, size_t>> worstFirst;
  for (auto [index, layer] : enumerate(layers))
    worstFirst.emplace_back(layer.statistics.layer().sqnrDb, index);
  sort(worstFirst);
  outs() << formatv("error of {0} layers on {1} samples, worst first\n", layers.size(), samples)
         << "SQNR dB   rQNSR    MSSR  bias %       MAS  worst channel  layer\n";
  for (auto [sqnr, index] : worstFirst) {
    const LayerErrors &layer = layers[index];
    ErrorFigures figures = layer.statistics.layer();
    outs() << formatv("{0,7:f2} {1,7:f4} {2,7:f4} {3,7:f1} {4,9:f4} {5,14}  {6} ({7})\n", sqnr,
                      figures.rqnsr, figures.mssr, 100 * figures.biasShare, figures.mas,
                      layer.statistics.worstChannel(), layer.layer, layer.op);
  }
}

void printErrors(ArrayRef<LayerErrors> layers, int64_t samples, bool asJson) {
  if (asJson)
    printJson(layers, samples);
  else
    printTable(layers, samples);
}

} // namespace qopt
