// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "PrintErrors.h"

#include "DiagnosticsJson.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

void printJson(const NetworkErrors &errors, const Sensitivity *sensitivity) {
  json::Array array;
  for (const LayerErrors &layer : errors.layers) {
    json::Object object = toJson(layer.statistics.layer());
    json::Array channels;
    for (int64_t c = 0; c < layer.statistics.numChannels(); ++c)
      channels.push_back(toJson(layer.statistics.channel(c)));
    object["layer"] = json::fixUTF8(layer.pair.name);
    object["op"] = getShortOpName(layer.pair.exact);
    object["worst_channel"] = layer.statistics.worstChannel();
    object["channels"] = std::move(channels);
    array.push_back(std::move(object));
  }
  json::Object result{{"schema", 1},
                      {"samples", errors.batches},
                      {"outputs", errors.outputs.toJson()},
                      {"layers", std::move(array)}};
  if (sensitivity)
    result["sensitivity"] = toJson(*sensitivity);
  outs() << json::Value(std::move(result)) << "\n";
}

static void printErrors(const NetworkErrors &errors) {
  std::vector<std::pair<double, size_t>> worstFirst;
  for (auto [index, layer] : enumerate(errors.layers))
    worstFirst.emplace_back(layer.statistics.layer().sqnrDb, index);
  sort(worstFirst);
  outs() << formatv("error of {0} layers on {1} samples, worst first\n", errors.layers.size(),
                    errors.batches)
         << "SQNR dB   rQNSR    MSSR  bias %       MAS  worst channel  layer\n";
  for (auto [sqnr, index] : worstFirst) {
    const LayerErrors &layer = errors.layers[index];
    ErrorFigures figures = layer.statistics.layer();
    outs() << formatv("{0,7:f2} {1,7:f4} {2,7:f4} {3,7:f1} {4,9:f4} {5,14}  {6} ({7})\n", sqnr,
                      figures.rqnsr, figures.mssr, 100 * figures.biasShare, figures.mas,
                      layer.statistics.worstChannel(), layer.pair.name,
                      getShortOpName(layer.pair.exact));
  }
}

static double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

static std::string formatPrediction(const SiteSensitivity &site) {
  return site.predictedSqnrDb ? formatv("{0:f2}", *site.predictedSqnrDb).str() : "-";
}

static void printSites(const Sensitivity &sensitivity) {
  double all = sensitivity.allQuantized.sqnrDb();
  std::vector<std::pair<double, size_t>> mostFirst;
  for (auto [index, site] : enumerate(sensitivity.sites))
    mostFirst.emplace_back(all - site.keptFloat.sqnrDb(), index);
  sort(mostFirst);
  outs() << formatv("\nsensitivity of the outputs on {0} samples; all layers quantized: {1:f2} dB, "
                    "KL {2:f4}, agreement {3:f1} %\n",
                    sensitivity.batches, all, sensitivity.allQuantized.divergence(),
                    100 * sensitivity.allQuantized.agreement())
         << "only this quantized:   only this in float:\n"
         << "SQNR dB  predicted  SQNR dB   gain      KL  MACs %  layer\n";
  for (auto [loss, index] : mostFirst) {
    const SiteSensitivity &site = sensitivity.sites[index];
    outs() << formatv("{0,7:f2} {1,10} {2,8:f2} {3,6:f2} {4,7:f4} {5,7:f1}  {6} ({7})\n",
                      site.onlyQuantized.sqnrDb(), formatPrediction(site), site.keptFloat.sqnrDb(),
                      -loss, site.keptFloat.divergence(), percent(site.macs, sensitivity.macs),
                      site.name, site.exact ? getShortOpName(site.exact) : "input");
  }
}

static void printKept(const Sensitivity &sensitivity) {
  if (sensitivity.kept.empty())
    return;
  outs() << "\nkeeping layers in float, one more in each line:\n"
         << "SQNR dB      KL  agreement %  MACs in float %  layer\n";
  for (const KeptLayers &kept : sensitivity.kept)
    outs() << formatv("{0,7:f2} {1,7:f4} {2,12:f1} {3,16:f1}  + {4}\n", kept.outputs.sqnrDb(),
                      kept.outputs.divergence(), 100 * kept.outputs.agreement(),
                      percent(kept.macs, sensitivity.macs),
                      sensitivity.sites[kept.sites.back()].name);
}

void printTables(const NetworkErrors &errors, const Sensitivity *sensitivity) {
  printErrors(errors);
  if (!sensitivity)
    return;
  printSites(*sensitivity);
  printKept(*sensitivity);
}

} // namespace qopt
