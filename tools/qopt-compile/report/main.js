// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Puts the page together from the data that stands in it.

// What is known of each layer of the integer program, from all parts of the report.
function makeViews(report, details) {
  const steps = report.diagnostics && report.diagnostics.steps || [];
  const last = steps.length ? steps[steps.length - 1] : { layers: [] };
  const byIndex = new Map(last.layers.map((layer) => [layer.index, layer]));
  const treated = new Map((report.diagnostics && report.diagnostics.actions || [])
    .map((entry) => [entry.index, entry.actions]));
  return report.layers.map((layer, index) => {
    const own = byIndex.get(index), name = own && own.layer;
    const extra = details.layers.find((entry) => entry.index === index) || {};
    const measured = steps.flatMap((step) => step.layers.filter((entry) => own && entry.layer === name)
      .map((entry) => ({ ...entry, step: step.name })));
    const grid = layer.output.quantization;
    const channels = extra.channels || [];
    return { layer, index, last: own, measured, actions: treated.get(index) || [],
             histogram: extra.histogram, range: grid && grid.range[0],
             channels: channels[channels.length - 1],
             channelsBefore: channels.length > 1 && channels[0] ? channels[0].sqnr_db : null };
  });
}

function tile(label, value, before, rating) {
  return h("div", { class: "tile" }, h("div", { class: "label" }, label),
    h("div", { class: `value ${rating || ""}` }, value), h("div", { class: "before" }, before));
}

function headline(report) {
  const top = document.getElementById("top"), steps = report.diagnostics && report.diagnostics.steps || [];
  top.append(h("h1", null, breakable(report.name)),
    h("p", { class: "soft" }, `${report.compiler} · ${report.options.target} · contract ` +
      `${report.options.numerics} · from `, h("code", null, report.input.file.split("/").pop())));
  const tiles = h("div", { class: "tiles" });
  if (steps.length) {
    const first = steps[0].outputs, last = steps[steps.length - 1].outputs;
    const before = (text) => steps.length > 1 ? `without repairs ${text}` : "no repairs asked for";
    tiles.append(
      tile("SQNR of the outputs", `${decibels(last.sqnr_db)} dB`, before(`${decibels(first.sqnr_db)} dB`),
           grade(last.sqnr_db)),
      tile("KL divergence", digits(last.kl), before(digits(first.kl))),
      tile("Agreement", `${percent(last.agreement)} %`, before(`${percent(first.agreement)} %`)));
  }
  tiles.append(tile("Products per run", large(report.totals.macs), `${report.totals.layers} layers`),
    tile("Weights", byteText(report.totals.weight_bytes), "one byte each"));
  if (report.totals.arena_bytes !== undefined)
    tiles.append(tile("Workspace", byteText(report.totals.arena_bytes), "beside the constants"));
  top.append(tiles);
}

function errorSection(diagnostics, views) {
  const shown = views.filter((view) => view.last);
  const steps = diagnostics.steps.map((step) => {
    const byName = new Map(step.layers.map((layer) => [layer.layer, layer.sqnr_db]));
    return { name: step.name, values: shown.map((view) => byName.get(view.last.layer)) };
  });
  section("errors", "Error by layer", "How far each layer of the integer program is from the same " +
    `layer of the float network, on ${diagnostics.samples} example inputs, after each step. Errors add ` +
    "up along the network: look for the layers where a line falls.",
    ...errorChart(steps, shown.map((view) => view.last.layer)),
    ...makeTable("Outputs of the network after each step", [
      { title: "step", text: true, cell: (step) => breakable(step.name) },
      { title: "SQNR dB", cell: (step) => decibels(step.outputs.sqnr_db) },
      { title: "KL", cell: (step) => digits(step.outputs.kl) },
      { title: "agree %", cell: (step) => percent(step.outputs.agreement) }], diagnostics.steps));
}

// Opens the row of a layer before the page jumps to it.
function layerLink(view) {
  const open = () => { document.getElementById(`layer-${view.index}`).open = true; };
  return h("a", { href: `#layer-${view.index}`, class: "name", onclick: open }, breakable(view.last.layer));
}

function worstSection(views) {
  const figure = (title, key, show) =>
    ({ title, cell: (view) => show(view.last[key]), value: (view) => view.last[key] });
  const done = (view) => [...new Set(view.actions.map((action) => action.label))].join(", ") || "–";
  section("worst", "Worst layers first", "SQNR: signal to error. rQNSR: the same as a fraction. MSSR " +
    "and MAS: how far channels are shifted, against the signal and in its own units. Bias %: the share of " +
    "the error's energy that is such a shift.",
    ...makeTable("Layers of the finished program; a heading sorts", [
      { title: "layer", text: true, cell: layerLink, value: (view) => view.index },
      { ...figure("SQNR dB", "sqnr_db"), cell: (view) =>
        h("b", { class: grade(view.last.sqnr_db) }, decibels(view.last.sqnr_db)) },
      { ...figure("rQNSR", "rqnsr", digits), wide: true }, { ...figure("MSSR", "mssr", digits), wide: true },
      figure("bias %", "bias_share", percent), { ...figure("MAS", "mas", digits), wide: true },
      { title: "worst channel", wide: true, cell: (view) => String(view.last.worst_channel) },
      { title: "what was done", text: true, wide: true, cell: done }],
    views.filter((view) => view.last), { sort: [1, "ascending"], first: 10 }));
}

function histogramSection(views, inputs) {
  const entries = [...inputs, ...views.filter((view) => view.histogram)
    .map((view) => ({ name: view.last.layer, histogram: view.histogram, range: view.range }))];
  section("ranges", "Activations and their ranges", "Values of the float network on the example inputs, " +
    "counts on a scale of square roots so that tails show. The two marks bound the range that the grid " +
    "covers; without marks the value is not rounded.",
    h("div", { class: "histograms" }, entries.map((entry) => h("figure", null,
      h("figcaption", null, named(entry.name)), histogramChart(entry.histogram, entry.range)))));
}

function sensitivitySection(sensitivity) {
  const all = sensitivity.all_quantized.sqnr_db;
  const gain = (row) => row.kept_float.sqnr_db - all;
  const share = (macs) => percent(sensitivity.macs ? macs / sensitivity.macs : 0);
  section("sensitivity", "Sensitivity", "What each layer costs when it alone is quantized, and what it " +
    "would bring to leave it alone in float: SQNR of the outputs in dB, " +
    `on ${sensitivity.samples} example inputs; with all layers quantized it is ${decibels(all)}. ` +
    "Predicted: what the noise model says of the layer alone.",
    ...makeTable("One layer at a time; a heading sorts", [
      { title: "layer", text: true, cell: (row) => named(row.layer) },
      { title: "alone quantized", cell: (row) => decibels(row.only_quantized.sqnr_db),
        value: (row) => row.only_quantized.sqnr_db },
      { title: "predicted", wide: true, cell: (row) => known(row.predicted_sqnr_db) ? decibels(row.predicted_sqnr_db) : "–",
        value: (row) => row.predicted_sqnr_db },
      { title: "alone in float", wide: true, cell: (row) => decibels(row.kept_float.sqnr_db),
        value: (row) => row.kept_float.sqnr_db },
      { title: "gain", cell: (row) => decibels(gain(row), 2), value: gain },
      { title: "KL then", wide: true, cell: (row) => digits(row.kept_float.kl), value: (row) => row.kept_float.kl },
      { title: "products %", wide: true, cell: (row) => share(row.macs), value: (row) => row.macs }],
    sensitivity.layers, { sort: [4, "descending"], first: 10 }),
    ...makeTable("Layers kept in float, one more in each line", [
      { title: "with", text: true, cell: (row) => named(row.layers[row.layers.length - 1]) },
      { title: "SQNR dB", cell: (row) => decibels(row.sqnr_db) },
      { title: "KL, nats", wide: true, cell: (row) => digits(row.kl) },
      { title: "agreement %", cell: (row) => percent(row.agreement) },
      { title: "products in float %", cell: (row) => share(row.float_macs) }], sensitivity.keep_float));
}

const recipeText = (recipe) => [["equalize", "none"], ["split_outliers", false], ["round", "nearest"], ["correct_bias", "none"]]
  .filter(([key, plain]) => recipe[key] !== undefined && recipe[key] !== plain)
  .map(([key]) => `${key.replace("_", "-")}=${recipe[key]}`)
  .concat(["exact_inputs", "split_channels"].filter((flag) => recipe[flag])
    .map((flag) => flag.replace("_", "-"))).join(" ") || "no repairs";

function presetSection(preset) {
  const chosen = recipeText(preset.chosen);
  if (!preset.tried) {
    section("preset", "Preset", `${preset.name}: ${chosen}.`);
    return;
  }
  section("preset", "Trials", `--preset=${preset.name} calibrated each recipe on ` +
    `${preset.samples.calibrated} example inputs and compared them on ${preset.samples.held_out} others. ` +
    "The greatest SQNR is chosen, splitting outliers only for 0.3 dB more, because the network gets slower by it; " +
    "with what was chosen everything was quantized again on all example inputs.",
    ...makeTable("Recipes, the chosen one marked", [
      { title: "recipe", text: true, cell: (row) => recipeText(row) },
      { title: "SQNR dB", cell: (row) => row.refused ? "–" : decibels(row.sqnr_db, 2) },
      { title: "KL, nats", cell: (row) => row.refused ? "–" : digits(row.kl) },
      { title: "agreement %", cell: (row) => row.refused ? "–" : percent(row.agreement) },
      { title: "", text: true, cell: (row) => row.refused ? `refused: ${row.refused}`
        : recipeText(row) === chosen ? "chosen" : "" }],
    preset.tried, { mark: (row) => !row.refused && recipeText(row) === chosen }));
}

function provenanceSection(report) {
  const { preset, command_line: commandLine, ...options } = report.options;
  const facts = [["Command line", h("code", null, `qopt-compile ${commandLine}`)],
    ["Model", h("code", null, report.input.file)], ["SHA-256", h("code", null, report.input.sha256)],
    ["Compiler", report.compiler],
    ...Object.entries(options).map(([key, value]) => [key.replace(/_/g, " "),
      typeof value === "object" ? JSON.stringify(value) : String(value)])];
  const remarks = report.diagnostics && report.diagnostics.remarks || [];
  section("options", "Options and provenance", null,
    h("dl", { class: "facts" }, facts.map(([key, value]) => [h("dt", null, key), h("dd", null, value)])),
    remarks.length ? h("h3", { style: "margin-top:14px" }, "Remarks of the passes") : null,
    remarks.length ? h("ul", { class: "actions" }, remarks.map((remark) => h("li", null, remark))) : null);
}

function renderReport() {
  const { report, details } = JSON.parse(document.getElementById("report-data").textContent);
  const views = makeViews(report, details), diagnostics = report.diagnostics;
  headline(report);
  if (diagnostics && diagnostics.unavailable)
    document.getElementById("main").append(
      h("p", { class: "note", style: "margin-top:18px" }, `No errors were measured: ${diagnostics.unavailable}.`));
  if (diagnostics && diagnostics.steps) {
    errorSection(diagnostics, views);
    worstSection(views);
  }
  networkSection(views, report.totals);
  if (details.layers.length || details.inputs.length) histogramSection(views, details.inputs);
  if (diagnostics && diagnostics.sensitivity) sensitivitySection(diagnostics.sensitivity);
  if (report.options.preset) presetSection(report.options.preset);
  provenanceSection(report);
  document.getElementById("foot").append("Written by qopt-compile; this page loads nothing from " +
    "elsewhere. Its figures stand as JSON in the element report-data.");
}

renderReport();
