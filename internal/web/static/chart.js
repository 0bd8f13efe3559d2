// Declarative charts: <div data-chart='{"kind":…}'>. Colours come from
// the style sheet; nothing moves; a click on a mark opens the drawer with that filter.
import { openDrawer } from "./figure.js";

const css = (n) => getComputedStyle(document.documentElement).getPropertyValue(n).trim();
const series = () => [1, 2, 3, 4, 5, 6].map((i) => css(`--zd-c${i}`));
const drawn = new Map();

function base() {
  return {
    animation: false,
    color: series(),
    textStyle: { fontFamily: css("--zd-font"), fontSize: 12, color: css("--zd-ink-3") },
    grid: { left: 8, right: 8, top: 34, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 16, icon: "rect", textStyle: { color: css("--zd-ink-2"), fontSize: 12 } },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: css("--zd-paper"), borderColor: css("--zd-line-2"), textStyle: { color: css("--zd-ink"), fontSize: 12 } },
  };
}

const cat = (x) => ({ type: "category", data: x, axisTick: { show: false }, axisLine: { lineStyle: { color: css("--zd-line-2") } }, axisLabel: { color: css("--zd-ink-3"), fontSize: 12, hideOverlap: true } });
const val = (o = {}) => ({ type: "value", splitNumber: 3, axisLabel: { color: css("--zd-ink-3"), fontSize: 12 }, splitLine: { lineStyle: { color: css("--zd-line") } }, ...o });

// first, last and the extremes carry their figure
function labelled(values) {
  const at = new Set([0, values.length - 1]);
  let hi = 0;
  values.forEach((v, i) => { if ((v ?? -Infinity) > (values[hi] ?? -Infinity)) hi = i; });
  at.add(hi);
  return at;
}

function points(s, d, color, few) {
  const show = few ? labelled(s.values) : new Set();
  return s.values.map((v, i) => ({
    value: v,
    link: s.link?.[i],
    label: { show: show.has(i) && v != null, position: "top", formatter: s.text?.[i] ?? String(v), color: css("--zd-ink-2"), fontSize: 12 },
    itemStyle: i === d.open ? { color: css("--zd-act-soft"), borderColor: color, borderWidth: 1, borderType: "dashed" } : undefined,
  }));
}

function bars(d, o) {
  const c = series();
  o.xAxis = cat(d.x);
  o.yAxis = val();
  o.series = d.series.map((s, i) => ({
    name: s.name, type: "bar", stack: d.kind === "stack" ? "s" : undefined, barMaxWidth: 26, barMinWidth: 4,
    itemStyle: { color: c[i % 6] }, data: points(s, d, c[i % 6], d.kind === "bar" && d.series.length === 1),
  }));
  return o;
}

function across(d, o) {
  const c = series();
  o.yAxis = { ...cat(d.x), inverse: true };
  o.xAxis = val({ show: false });
  o.grid.top = d.series.length > 1 ? 34 : 4;
  o.series = d.series.map((s, i) => ({ name: s.name, type: "bar", barMaxWidth: 18, itemStyle: { color: c[i % 6] },
    data: s.values.map((v, j) => ({ value: v, link: s.link?.[j], label: { show: v != null, position: "right", formatter: s.text?.[j] ?? String(v), color: css("--zd-ink") } })) }));
  return o;
}

function lines(d, o) {
  const c = series();
  o.xAxis = cat(d.x);
  o.yAxis = val();
  o.series = d.series.map((s, i) => ({ name: s.name, type: "line", symbol: "circle", symbolSize: 5, lineStyle: { width: 2, color: c[i % 6] }, itemStyle: { color: c[i % 6] }, data: points(s, { open: -1 }, c[i % 6], true) }));
  return o;
}

// months as bars, the sum so far as a line on the second axis: the one pair of axes allowed
function months(d, o) {
  bars({ ...d, kind: "bar", series: d.series.slice(0, 1) }, o);
  const c = series(), s = d.series[1];
  o.series[0].itemStyle.color = c[1];
  o.series[0].data = points(d.series[0], d, c[1], true);
  if (s) {
    o.yAxis = [val(), val({ splitLine: { show: false } })];
    o.series.push({ name: s.name, type: "line", yAxisIndex: 1, symbol: "circle", symbolSize: 5, lineStyle: { width: 2, color: c[0] }, itemStyle: { color: c[0] }, data: s.values.map((v, i) => ({ value: v, link: s.link?.[i] })) });
  }
  return o;
}

async function map(d, o) {
  const geo = await (await fetch(d.geo)).json();
  echarts.registerMap(d.geo, geo);
  const steps = [0, 1, 2, 3, 4, 5].map((i) => css(`--zd-h${i}`)), s = d.series[0];
  const b = d.breaks ?? [];
  delete o.legend;
  o.tooltip.trigger = "item";
  o.tooltip.formatter = (p) => p.data?.text ?? p.name;
  o.visualMap = { type: "piecewise", show: b.length > 0, left: 0, top: 0, orient: "horizontal", itemWidth: 26, itemHeight: 8, itemGap: 12, textStyle: { color: css("--zd-ink-2"), fontSize: 12 }, seriesIndex: 0,
    pieces: b.map((min, i) => ({ min, max: b[i + 1], color: steps[i], label: String(min) + (i === b.length - 1 ? "+" : "") })) };
  o.geo = { map: d.geo, top: 28, bottom: 4, nameProperty: "code", roam: false, silent: false, itemStyle: { areaColor: css("--zd-ground-2"), borderColor: css("--zd-paper"), borderWidth: 0.8 }, emphasis: { disabled: true },
    // a place without data is hatched, so that it is not read as zero
    regions: [] };
  const none = { color: css("--zd-ground-2"), decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: css("--zd-line-2") } };
  o.series = [{ type: "map", map: d.geo, nameProperty: "code", geoIndex: 0, data: d.x.map((name, i) => ({ name, value: s.values[i] ?? NaN, link: s.link?.[i], url: s.url?.[i], text: s.text?.[i] ?? d.noData, itemStyle: s.values[i] == null ? none : undefined })) }];
  if (d.groups) {
    const c = series(), of = [c[0], c[2], c[5], c[1]];
    o.legend = { ...base().legend, top: undefined, bottom: 0, icon: "circle", itemWidth: 9, itemHeight: 9, data: d.groups };
    o.geo.bottom = 28;
    d.groups.forEach((name, g) => o.series.push({ name, type: "scatter", coordinateSystem: "geo", symbolSize: 9, itemStyle: { color: of[g % 4], borderColor: css("--zd-paper"), borderWidth: 1 },
      data: (d.points ?? []).filter((p) => p.group === g).map((p) => ({ value: p.at, text: p.text, url: p.url })) }));
  }
  if (d.flows?.length) {
    const top = Math.max(...d.flows.map((f) => f.value));
    o.series.push({ type: "lines", coordinateSystem: "geo", silent: true, lineStyle: { color: css("--zd-c3"), opacity: 0.6, curveness: 0.25 },
      data: d.flows.map((f) => ({ coords: [f.from, f.to], lineStyle: { width: 1 + (5 * f.value) / top } })) });
  }
  if (d.marks?.length) {
    o.geo.layoutCenter = ["47%", "50%"];
    o.geo.layoutSize = "100%";
    o.series.push({ type: "scatter", coordinateSystem: "geo", silent: true, itemStyle: { color: css("--zd-ink") },
      data: d.marks.map((m) => ({ value: m.at, symbolSize: m.big ? 12 : 6, itemStyle: m.big ? { color: css("--zd-c3") } : undefined,
        label: { show: true, formatter: m.text, position: m.big ? "right" : "top", color: m.big ? css("--zd-c3") : css("--zd-ink"), fontSize: m.big ? 20 : 16, fontWeight: 600, textBorderColor: css("--zd-ground"), textBorderWidth: 3 } })) });
  }
  return o;
}

// bands from where it came to where it went; a place that is both stands on each side
function sankey(d, o) {
  const c = series(), froms = [...new Set(d.links.map((l) => l.from))], tos = [...new Set(d.links.map((l) => l.to))];
  delete o.legend;
  delete o.grid;
  o.tooltip.trigger = "item";
  o.tooltip.formatter = (p) => (p.dataType === "edge" ? `${p.data.fromName} → ${p.data.toName} ${p.data.text}` : p.data.text);
  const node = (side, text, i) => ({ name: side + text, text, label: { formatter: text, position: side === "f" ? "right" : "left", color: css("--zd-ink"), fontSize: 12 }, itemStyle: { color: c[side === "f" ? i % 6 : 1] } });
  o.series = [{ type: "sankey", left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 10, nodeGap: 14, draggable: false, emphasis: { focus: "adjacency" },
    lineStyle: { color: "source", opacity: 0.3 },
    data: [...froms.map((t, i) => node("f", t, i)), ...tos.map((t, i) => node("t", t, i))],
    links: d.links.map((l) => ({ source: "f" + l.from, target: "t" + l.to, value: l.value, text: l.text, link: l.link, fromName: l.from, toName: l.to })) }];
  return o;
}

// on the wall nothing is smaller than 15 px
function enlarge(o) {
  for (const [k, v] of Object.entries(o)) {
    if (k === "fontSize" && v < 15) o[k] = 15;
    else if (v && typeof v === "object") enlarge(v);
  }
}

// the library is large: it comes when a chart is on the page; without it the link to the table is there
let loading = null;
function library() {
  loading ??= new Promise((done) => {
    const s = document.createElement("script");
    s.src = document.body.dataset.chartScript;
    s.onload = s.onerror = done;
    document.head.append(s);
  });
  return loading;
}

async function one(el) {
  await library();
  if (!window.echarts || !el.isConnected) return;
  const d = JSON.parse(el.dataset.chart);
  const o = await { bar: bars, stack: bars, hbar: across, line: lines, month: months, map, sankey }[d.kind]?.(d, base());
  if (!o) return;
  if (d.series.length < 2 && o.legend && !d.groups) { o.legend.show = false; if (d.kind !== "hbar") o.grid.top = 20; }
  if (el.closest("[data-wall]")) enlarge(o);
  drawn.get(el)?.dispose();
  const c = echarts.init(el, null, { renderer: "canvas" });
  c.setOption(o);
  c.on("click", (p) => { if (p.data?.link) openDrawer(p.data.link); else if (p.data?.url) location.href = p.data.url; });
  drawn.set(el, c);
}

export function draw(scope) {
  for (const [el, c] of drawn) if (!el.isConnected) { c.dispose(); drawn.delete(el); }
  for (const el of scope.querySelectorAll("[data-chart]")) if ("later" in el.dataset) seen.observe(el); else one(el);
}

const seen = new IntersectionObserver((list) => {
  for (const e of list) if (e.isIntersecting) { seen.unobserve(e.target); one(e.target); }
}, { rootMargin: "100px" });

addEventListener("resize", () => { for (const c of drawn.values()) c.resize(); });
new MutationObserver(() => { for (const el of drawn.keys()) one(el); }).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
