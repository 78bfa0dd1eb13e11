// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Charts as inline SVG. Each is drawn again when the width of its frame changes, so that text keeps
// its size on a phone.

function makeChart(height, draw) {
  const frame = h("div", { class: "chart" });
  let last = 0;
  const redraw = () => {
    const width = Math.floor(frame.clientWidth);
    if (width < 40 || width === last) return;
    last = width;
    const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    draw(svg, width, height);
    frame.replaceChildren(svg);
  };
  new ResizeObserver(redraw).observe(frame);
  return frame;
}

// Round values, about `count` of them, that cover [low, high].
function ticks(low, high, count) {
  const rough = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) values.push(i * step);
  return values;
}

function stepStyle(index, count) {
  const color = index === count - 1 ? "last" : index % 4;
  return { stroke: `var(--step-${color})`, "stroke-width": index === count - 1 ? 2.5 : 1.5,
           "stroke-dasharray": index === 0 && count > 1 ? "5 4" : null, fill: "none" };
}

function legend(names) {
  return h("ul", { class: "legend" }, names.map((name, index) => h("li", null,
    s("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" },
      s("line", { x1: 0, y1: 5, x2: 26, y2: 5, ...stepStyle(index, names.length) })), name)));
}

// SQNR of each layer after each step. Arrow keys, or a pointer, move a cursor over the layers.
function errorChart(steps, labels) {
  const readout = h("p", { class: "readout", role: "status" },
    "Point at the chart, or focus it and use the arrow keys, to read a layer's figures.");
  let chosen = 0, place = () => {};
  const tell = (index) => {
    chosen = Math.max(0, Math.min(labels.length - 1, index));
    place(chosen);
    readout.replaceChildren(h("b", { class: "name" }, `${chosen + 1}  `, breakable(labels[chosen])), h("br"),
      steps.map((step) => `${step.name}: ${decibels(step.values[chosen])} dB`).join("  ·  "));
  };
  const finite = steps.flatMap((step) => step.values).filter(known);
  const low = Math.min(0, ...finite), high = Math.max(10, ...finite);
  const chart = makeChart(280, (svg, width, height) => {
    const left = 34, right = width - 8, top = 20, bottom = height - 22;
    const x = (i) => left + (labels.length < 2 ? 0.5 : i / (labels.length - 1)) * (right - left);
    const y = (value) => bottom - (value - low) / (high - low) * (bottom - top);
    svg.append(s("text", { x: 2, y: 10 }, "SQNR, dB"));
    for (const value of ticks(low, high, 6))
      svg.append(s("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
                 s("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    const every = Math.ceil(labels.length * 26 / (right - left));
    for (let i = 0; i < labels.length; i += every)
      svg.append(s("text", { x: x(i), y: height - 6, "text-anchor": "middle" }, String(i + 1)));
    drawSteps(svg, steps, x, y);
    const cursor = s("line", { class: "cursor", y1: top, y2: bottom, x1: -9, x2: -9 });
    svg.append(cursor);
    place = (index) => { cursor.setAttribute("x1", x(index)); cursor.setAttribute("x2", x(index)); };
    svg.addEventListener("pointermove", (event) => {
      const share = (event.clientX - svg.getBoundingClientRect().left - left) / (right - left);
      tell(Math.round(share * (labels.length - 1)));
    });
  });
  fill(chart, { tabindex: "0", role: "img", "aria-label":
    "SQNR of each layer after each step; the table of the worst layers holds the same figures" }, []);
  chart.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move) { tell(chosen + move); event.preventDefault(); }
  });
  return [legend(steps.map((step) => step.name)), chart, readout];
}

// A layer that is not there in a step, or has no error, breaks the line.
function drawSteps(svg, steps, x, y) {
  steps.forEach((step, index) => {
    let path = "", open = false;
    step.values.forEach((value, i) => {
      if (known(value)) path += `${open ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      open = known(value);
    });
    svg.append(s("path", { d: path || "M0 0", "stroke-linejoin": "round",
                           ...stepStyle(index, steps.length) }));
  });
}

// Values of an activation, counts on a scale of roots so that tails show, and the range that its
// grid covers.
function histogramChart(histogram, range, height = 92) {
  const { low, width: binWidth, counts } = histogram;
  const end = low + binWidth * counts.length, most = Math.max(...counts, 1);
  const first = Math.min(low, range ? range[0] : low), last = Math.max(end, range ? range[1] : end);
  const chart = makeChart(height, (svg, width) => {
    const bottom = height - 18, x = (value) => 2 + (value - first) / (last - first || 1) * (width - 4);
    let path = "";
    counts.forEach((count, i) => {
      if (!count) return;
      const a = x(low + i * binWidth), b = x(low + (i + 1) * binWidth);
      const top = bottom - Math.max(1, Math.sqrt(count / most) * (bottom - 4));
      path += `M${a.toFixed(1)} ${bottom}V${top.toFixed(1)}H${Math.max(b, a + 1).toFixed(1)}V${bottom}Z`;
    });
    svg.append(s("path", { d: path || "M0 0", fill: "var(--bar)" }),
               s("line", { class: "grid", x1: 0, x2: width, y1: bottom, y2: bottom }));
    for (const bound of range || [])
      svg.append(s("line", { x1: x(bound), x2: x(bound), y1: 2, y2: bottom, stroke: "var(--range)",
                             "stroke-width": 2 }));
    svg.append(s("text", { x: 0, y: height - 4 }, digits(first)),
               s("text", { x: width, y: height - 4, "text-anchor": "end" }, digits(last)));
    if (first < 0 && last > 0 && x(0) > 50 && x(0) < width - 50)
      svg.append(s("text", { x: x(0), y: height - 4, "text-anchor": "middle" }, "0"));
  });
  fill(chart, { role: "img", "aria-label": `Values from ${digits(low)} to ${digits(end)}` +
    (range ? `, grid from ${digits(range[0])} to ${digits(range[1])}` : ", not rounded") }, []);
  return chart;
}

// SQNR of each channel in the first step (faint) and in the last one.
function channelChart(before, after) {
  const values = [...(before || []), ...after].filter(known);
  const low = Math.min(0, ...values), high = Math.max(10, ...values), height = 110;
  const chart = makeChart(height, (svg, width) => {
    const left = 30, bottom = height - 18, right = width - 4;
    const x = (i) => left + (i + 0.5) / after.length * (right - left);
    const y = (value) => bottom - (value - low) / (high - low) * (bottom - 8);
    for (const value of ticks(low, high, 3))
      svg.append(s("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
                 s("text", { x: left - 5, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    const dots = (list, color, radius) => list.forEach((value, i) => known(value) &&
      svg.append(s("circle", { cx: x(i).toFixed(1), cy: y(value).toFixed(1), r: radius, fill: color })));
    if (before) dots(before, "var(--step-0)", 1.6);
    dots(after, "var(--step-last)", 2.2);
    svg.append(s("text", { x: left, y: height - 3 }, "channel 0"),
               s("text", { x: right, y: height - 3, "text-anchor": "end" }, String(after.length - 1)));
  });
  fill(chart, { role: "img", "aria-label": "SQNR of each channel in dB" }, []);
  return chart;
}
