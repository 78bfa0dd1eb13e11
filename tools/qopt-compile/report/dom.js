// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Making elements, and numbers as a person reads them. Names come from model files: they become text
// nodes or attribute values, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value);
    }
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined) element.append(child);
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

const known = (value) => typeof value === "number" && Number.isFinite(value);

// Without an error the SQNR is infinite, which JSON writes as null.
const decibels = (value, digits = 1) => known(value) ? value.toFixed(digits) : "∞";
const percent = (share, digits = 1) => known(share) ? (100 * share).toFixed(digits) : "–";

function digits(value, count = 3) {
  if (!known(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(count - 1)
                                    : String(Number(value.toPrecision(count)));
}

function large(value) {
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]])
    if (value >= size) return (value / size).toPrecision(3) + unit;
  return String(value);
}

const byteText = (value) => large(value) + (value < 1e3 ? " B" : "B");
const shapeText = (shape) => shape.join(" × ");

// Under 10 dB little is left of a signal; from 20 dB a layer does no harm that shows.
function grade(sqnr) {
  if (sqnr === undefined) return "none";
  if (!known(sqnr) || sqnr >= 20) return "good";
  return sqnr >= 10 ? "fair" : "bad";
}

// A name that may be broken after its separators.
const breakable = (text) => String(text).split(/(?<=[./_:=-])/).flatMap((part, i) =>
  i ? [h("wbr"), part] : [part]);

const named = (text) => h("span", { class: "name" }, breakable(text));

function section(id, title, lead, ...content) {
  document.getElementById("contents").append(h("li", null, h("a", { href: "#" + id }, title)));
  const element = h("section", { id, "aria-labelledby": id + "-title" },
    h("h2", { id: id + "-title" }, title), lead ? h("p", { class: "lead" }, lead) : null, ...content);
  document.getElementById("main").append(element);
  return element;
}

// `columns`: { title, text (left-aligned), wide (left out on phones), cell(row) → node or string,
// value(row) → to sort by }. Without values a table keeps its order.
const columnClass = (column) =>
  [column.text && "text", column.wide && "wide"].filter(Boolean).join(" ") || null;

function makeTable(caption, columns, rows, options = {}) {
  const body = h("tbody");
  const heads = columns.map((column) => h("th", { scope: "col", class: columnClass(column) }));
  let order = rows, all = rows.length <= (options.first || rows.length);
  const show = () => body.replaceChildren(...order.slice(0, all ? undefined : options.first)
    .map((row) => h("tr", { class: options.mark && options.mark(row) && "chosen" },
      columns.map((column) => h("td", { class: columnClass(column) }, column.cell(row))))));
  const sortBy = (index, direction) => {
    const sign = direction === "ascending" ? 1 : -1, value = columns[index].value;
    const number = (row) => typeof value(row) === "string" || known(value(row)) ? value(row) : Infinity;
    order = [...rows].sort((a, b) => sign * (number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0));
    heads.forEach((head, i) => i === index ? head.setAttribute("aria-sort", direction)
                                           : head.removeAttribute("aria-sort"));
    show();
  };
  columns.forEach((column, index) => {
    const flip = () => sortBy(index,
      heads[index].getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
    heads[index].append(column.value ? h("button", { type: "button", onclick: flip }, column.title)
                                     : column.title);
  });
  if (options.sort) sortBy(options.sort[0], options.sort[1]);
  else show();
  const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", null, h("caption", null, caption), h("thead", null, h("tr", null, heads)), body));
  const more = h("button", { type: "button", class: "more" }, `Show all ${rows.length}`);
  more.addEventListener("click", () => { all = true; show(); more.remove(); });
  return [table, all ? null : more];
}
