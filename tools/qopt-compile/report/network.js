// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The network as a list of layers in the order that they run. Lines to the left of it show who reads
// whom: the first lane from one layer to the next, further lanes around layers.

const LANE = 14;

// For each edge from layer `from` to layer `to` that passes others by: the lane that it takes.
function assignLanes(layers) {
  const edges = [], free = []; // free[lane]: the layer from which on it may be used again
  layers.forEach((layer, to) => (layer.from || []).forEach((from) => {
    if (from >= 0 && from < to - 1) edges.push({ from, to });
  }));
  edges.sort((a, b) => a.from - b.from || b.to - a.to);
  for (const edge of edges) {
    let lane = free.findIndex((until) => until <= edge.from);
    if (lane < 0) lane = free.length;
    free[lane] = edge.to;
    edge.lane = lane + 1;
  }
  return { edges, lanes: free.length + 1 };
}

const NODE = 17; // where a row's node stands below the row's top, pixels

function drawLanes(layers, index, layout, rating) {
  const at = (lane) => 7 + lane * LANE;
  const box = (kind, style) => h("i", { class: kind, style:
    Object.entries(style).map(([key, value]) => `${key}:${value}`).join(";") });
  const reads = (to, from) => to < layers.length && (layers[to].from || []).includes(from);
  const parts = [];
  if (index > 0 && reads(index, index - 1))
    parts.push(box("line", { left: `${at(0)}px`, top: 0, height: `${NODE}px` }));
  if (reads(index + 1, index))
    parts.push(box("line", { left: `${at(0)}px`, top: `${NODE}px`, bottom: 0 }));
  for (const edge of layout.edges) {
    const span = { left: `${at(0) + 4}px`, width: `${edge.lane * LANE - 2}px` };
    if (edge.from === index) parts.push(box("out", { ...span, top: `${NODE}px`, bottom: 0 }));
    if (edge.to === index) parts.push(box("in", { ...span, top: 0, height: `${NODE + 2}px` }));
    if (edge.from < index && index < edge.to)
      parts.push(box("line", { left: `${at(edge.lane)}px`, top: 0, bottom: 0 }));
  }
  parts.push(h("i", { class: `dot ${rating}` }));
  return h("div", { class: "lanes", "aria-hidden": "true" }, parts);
}

function meter(sqnr) {
  if (sqnr === undefined) return h("span", { class: "meter soft" }, h("b", null, ""));
  const share = known(sqnr) ? Math.max(0, Math.min(1, sqnr / 45)) : 1;
  return h("span", { class: `meter ${grade(sqnr)}` }, h("b", null, `${decibels(sqnr)} dB`),
    h("span", { class: "track", "aria-hidden": "true" }, h("i", { style: `width:${100 * share}%` })));
}

function gridText(tensor) {
  const grid = tensor.quantization;
  if (!grid) return "f32";
  const span = (list) => list.length === 1 ? digits(list[0])
    : `${digits(Math.min(...list))} … ${digits(Math.max(...list))} (${list.length} channels)`;
  return `${grid.signed ? "i" : "u"}${grid.bits}, step ${span(grid.scale)}` +
    (grid.zero_point.every((zero) => zero === 0) ? "" : `, zero point ${grid.zero_point[0]}`);
}

function tensorFacts(layer) {
  const facts = [["Inputs", layer.inputs.map((tensor) => `${shapeText(tensor.shape)}, ${gridText(tensor)}`).join("; ")],
    ["Output", `${shapeText(layer.output.shape)}, ${gridText(layer.output)}`]];
  if (layer.weights)
    facts.push(["Weights", `${shapeText(layer.weights.shape)}, ${gridText(layer.weights)}`]);
  if (layer.macs) facts.push(["Products", large(layer.macs)]);
  if (layer.kernel) facts.push(["Kernel", layer.kernel]);
  if (layer.rows) facts.push(["Rows", layer.rows]);
  return h("dl", { class: "facts" }, facts.map(([key, value]) =>
    [h("dt", null, key), h("dd", null, value)]));
}

function stepTable(measured) {
  return makeTable("Error of this layer after each step", [
    { title: "step", text: true, cell: (row) => breakable(row.step) },
    { title: "SQNR dB", cell: (row) => decibels(row.sqnr_db) },
    { title: "rQNSR", wide: true, cell: (row) => digits(row.rqnsr) },
    { title: "MSSR", cell: (row) => digits(row.mssr) },
    { title: "bias %", cell: (row) => percent(row.bias_share) },
    { title: "MAS", wide: true, cell: (row) => digits(row.mas) }], measured);
}

// What is inside a row, made when it is opened first.
function layerDetails(view) {
  const left = [], right = [];
  if (view.actions.length)
    left.push(h("h3", null, "What was done"), actionList(view));
  if (view.histogram)
    left.push(h("h3", null, "Values and the range of the grid"),
              histogramChart(view.histogram, view.range, 120));
  if (view.measured.length)
    right.push(stepTable(view.measured));
  if (view.channels)
    right.push(h("h3", null, "SQNR by channel, dB"),
      channelChart(view.channelsBefore, view.channels.sqnr_db),
      h("p", { class: "soft" }, `Worst: channel ${view.last.worst_channel}` +
        (view.channelsBefore ? ". Small dots: before the repairs." : ".")));
  left.push(h("h3", null, "Tensors"), tensorFacts(view.layer));
  return h("div", { class: "inside" }, h("div", null, left), h("div", null, right));
}

function actionList(view) {
  return h("ul", { class: "actions" }, view.actions.map((action) => h("li", null, action.text,
    effectText(view, action))));
}

// The step that an action belongs to, in figures of this layer.
function effectText(view, action) {
  const index = view.measured.findIndex((row) => row.step === action.step);
  if (index < 1) return null;
  const before = view.measured[index - 1], after = view.measured[index];
  const share = action.kind === "bias"
    ? `; of the error's energy ${percent(before.bias_share, 0)} % was bias, now ${percent(after.bias_share, 0)} %` : "";
  return h("span", { class: "soft" },
    ` SQNR here ${decibels(before.sqnr_db)} → ${decibels(after.sqnr_db)} dB${share}.`);
}

// What was put in by the compiler has no name but its op's.
function title(layer) {
  const op = layer.op.replace("qopt.", "");
  return h("span", null, layer.name === layer.op ? null : [named(layer.name), " "],
    h("span", { class: "op" }, op));
}

function networkSection(views, totals) {
  const layers = views.map((view) => view.layer), layout = assignLanes(layers);
  const indent = 10 + layout.lanes * LANE;
  const rows = views.map((view, index) => {
    const sqnr = view.last && view.last.sqnr_db;
    const row = h("details", { class: "layer", id: `layer-${index}` },
      h("summary", null,
        title(view.layer),
        h("span", { class: "shape" }, shapeText(view.layer.output.shape)),
        h("span", { class: "macs" }, view.layer.macs ? large(view.layer.macs) : ""),
        view.last ? meter(sqnr) : meter(undefined)));
    row.addEventListener("toggle", () => row.open && row.append(layerDetails(view)), { once: true });
    // Closed details would hide the lanes if they stood inside.
    return h("div", { class: "row", style: `padding-left:${indent}px` },
      drawLanes(layers, index, layout, view.last ? grade(sqnr) : "none"), row);
  });
  section("network", "Network", `${views.length} layers, ${large(totals.macs)} products, ` +
    `${large(totals.weight_bytes)} weights. Each row: name and kind, shape of the result, products, ` +
    "and SQNR of the finished program against the float network. Open a row for more.",
    h("div", { class: "network" }, rows));
}
