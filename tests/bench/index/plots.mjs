// Small line charts as SVG: text stays text, colours follow the reader's light or dark scheme.

const WIDTH = 640, HEIGHT = 360, LEFT = 64, RIGHT = 128, TOP = 44, BOTTOM = 52;
/** Readable on white and on black. */
const COLOURS = ["#2f81f7", "#d9730d", "#2da44e", "#cf4a9b", "#8b6cef", "#b58900", "#7d8590"];
const STYLE = "text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}.g{stroke:#8884;stroke-width:1}"
  + "@media(prefers-color-scheme:dark){text{fill:#d8dee4}}";

/**
 * @param {{ title: string, x: Axis, y: Axis, series: { name: string, points: [number, number][], dashed?: boolean }[] }} chart
 * An axis is `{ label, ticks: [value, text][], log?: boolean }`; it goes from its first to its last tick.
 */
export function chart({ title, x, y, series }) {
  const place = ({ ticks, log }, from, to) => {
    const f = log ? Math.log : (v) => v;
    const [low, high] = [f(ticks[0][0]), f(ticks.at(-1)[0])];
    return (value) => from + ((f(value) - low) / (high - low)) * (to - from);
  };
  const across = place(x, LEFT, WIDTH - RIGHT);
  const up = place(y, HEIGHT - BOTTOM, TOP);
  const n = (value) => Number(value.toFixed(1));
  const lines = [
    ...y.ticks.map(([value, text]) => `<path class="g" d="M${LEFT} ${n(up(value))}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${n(up(value) + 4)}" text-anchor="end">${text}</text>`),
    ...x.ticks.map(([value, text]) => `<path class="g" d="M${n(across(value))} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${n(across(value))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${text}</text>`),
    `<text class="t" x="${LEFT}" y="22">${title}</text>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${x.label}</text>`,
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2})rotate(-90)" text-anchor="middle">${y.label}</text>`,
  ];
  const labels = series.map(({ name, points }, i) => {
    const [lastX, lastY] = points.at(-1);
    return { name, colour: COLOURS[i % COLOURS.length], x: across(lastX) + 8, y: up(lastY) + 4 };
  });
  apart(labels);
  series.forEach(({ points, dashed }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([a, b]) => `${n(across(a))} ${n(up(b))}`).join("L");
    if (points.length > 1) lines.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ""}/>`);
    for (const [a, b] of points) lines.push(`<circle cx="${n(across(a))}" cy="${n(up(b))}" r="3.5" fill="${colour}"/>`);
  });
  for (const label of labels) lines.push(`<text x="${n(label.x)}" y="${n(label.y)}" style="fill:${label.colour}">${label.name}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${title}</title><style>${STYLE}</style>\n${lines.join("\n")}\n</svg>\n`;
}

/** Moves labels that would lie on each other. */
function apart(labels) {
  const near = (a, b) => Math.abs(a.x - b.x) < 110 && Math.abs(a.y - b.y) < 14;
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  for (let round = 0; round < 20; round += 1) {
    for (const [i, a] of sorted.entries()) {
      for (const b of sorted.slice(i + 1)) {
        if (!near(a, b)) continue;
        const middle = (a.y + b.y) / 2;
        a.y = middle - 7.5;
        b.y = middle + 7.5;
      }
    }
  }
}

const people = [[1e4, "10k"], [1e5, "100k"], [1e6, "1M"]];
const milliseconds = (...values) => values.map((value) => [value, `${value}`]);

/** The three pictures of docs/BENCHMARKS.md: file name -> SVG. */
export function plots({ peers, ours, crossover }) {
  const sizes = Object.keys(ours).map(Number).sort((a, b) => a - b);
  const names = peers[1e5].map(({ name }) => name);
  const peer = (name, size) => peers[size].find((peer) => peer.name === name);
  const share = (values) => {
    const low = Math.floor(Math.min(...values) * 20) / 20;
    return Array.from({ length: Math.round((1 - low) * 20) + 1 }, (_, i) => [low + i / 20, (low + i / 20).toFixed(2)]);
  };
  const points = [
    {
      name: "Rollcall", points: [
        [ours[1e5].provisional.bytes / 1e6, ours[1e5].provisional.top1], [ours[1e5].answer_bytes / 1e6, ours[1e5].top1],
      ],
    },
    ...names.map((name) => ({ name, points: [[peer(name, 1e5).disk_bytes / 1e6, peer(name, 1e5).top1]] })),
  ];
  return {
    "index-bytes.svg": chart({
      title: "Right person first, against bytes to the first answer (100,000 performers, hard)",
      x: { label: "megabytes to fetch before the first answer", log: true, ticks: [[3, "3"], [10, "10"], [30, "30"], [100, "100"], [300, "300"]] },
      y: { label: "top-1", ticks: share(points.flatMap(({ points }) => points.map(([, y]) => y))) }, series: points,
    }),
    "index-time.svg": chart({
      title: "Time of one query, one thread, native (median)",
      x: { label: "performers", log: true, ticks: people },
      y: { label: "milliseconds", log: true, ticks: milliseconds(0.1, 1, 10, 100) },
      series: [
        { name: "Rollcall", points: sizes.map((size) => [size, ours[size].query.median_ms]) },
        ...names.map((name) => ({ name, points: [1e4, 1e5].map((size) => [size, peer(name, size).query.median_ms]) })),
      ],
    }),
    "index-crossover.svg": chart({
      title: "Our scan against a graph of neighbours (instant-distance), native (median)",
      x: { label: "performers", log: true, ticks: [[1e3, "1k"], ...people.slice(0, 2)] },
      y: { label: "milliseconds", log: true, ticks: milliseconds(0.01, 0.1, 1, 10) },
      series: [
        { name: "scan and rerank", points: crossover.map((row) => [row.performers, row.scan.median_ms]) },
        { name: "graph", points: crossover.map((row) => [row.performers, row.graph.median_ms]) },
      ],
    }),
  };
}
