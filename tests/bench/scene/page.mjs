// What the benchmark of scenes does in its pages. Each function is turned into text on its own, so it may
// use nothing from outside its own braces.

/** Keeps the scene, of which all sides get the same file. */
export async function keepScene({ sheet, vtt }) {
  const bytes = Uint8Array.from(atob(sheet), (c) => c.charCodeAt(0));
  window.scene = { sheet: new Blob([bytes], { type: "image/jpeg" }), vtt };
  window.clients = new Map();
}

/** The client with so many workers looks at the scene; gives its times in milliseconds, the answer, and
 *  the longest time for which the page could do nothing else. */
export async function look({ base, pack, workers, pictures }) {
  const { Rollcall } = await import(`${base}web/client.js`);
  if (!window.clients.has(workers)) {
    window.clients.set(workers, await Rollcall.start({
      assets: `${base}web/`, models: `${base}models/${pack}/`, database: `${base}database/`, engine: "cpu", workers, keepDatabase: false,
    }));
  }
  // The browser tells of tasks from 50 ms; what is shorter shows in how late a timer is.
  let longest = 0, late = 0, before = performance.now();
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => { longest = Math.max(longest, duration); }));
  observer.observe({ type: "longtask" });
  const timer = setInterval(() => {
    late = Math.max(late, performance.now() - before);
    before = performance.now();
  }, 4);
  const from = performance.now();
  let first = null;
  const hear = ({ answer }) => {
    if (answer.matches.some(({ name }) => name)) first ??= performance.now() - from;
    return answer;
  };
  const { answer, timings } = await window.clients.get(workers).identifyScene(pictures ? { pictures: window.pictures } : window.scene, { provisional: hear });
  const time = performance.now() - from;
  hear({ answer });
  clearInterval(timer);
  await new Promise((done) => setTimeout(done, 50));
  observer.disconnect();
  return { time, first, answer, timings, task: longest || Math.min(late, 50) };
}

/** Frames as large as those of a film, each its own picture. */
export async function keepPictures({ width, height, count }) {
  const sheet = await createImageBitmap(window.scene.sheet);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  window.pictures = [];
  for (let number = 0; number < count; number += 1) {
    canvas.getContext("2d").drawImage(sheet, 160 * (number % 8), 90 * Math.floor(number / 8), 160, 90, 0, 0, width, height);
    window.pictures.push({ picture: await new Promise((done) => canvas.toBlob(done, "image/jpeg")), time: number });
  }
}

/** A click: from nothing in the page to the first name, everything by its address. */
export async function click({ pack }) {
  const from = performance.now();
  const at = () => performance.now() - from;
  const text = (file) => fetch(file).then((answer) => answer.text());
  const [{ Rollcall }, sheet, vtt] = await Promise.all([
    import("/client.js"), fetch("/samples/sheet.jpg").then((answer) => answer.blob()), text("/samples/sheet.vtt"),
  ]);
  const rollcall = await Rollcall.start({ assets: "/", models: `/models/${pack}/`, database: "/database/", engine: "cpu" });
  const started = at();
  let named = null;
  const hear = ({ answer }) => {
    if (answer.matches.some(({ name }) => name)) named ??= at();
  };
  hear(await rollcall.identifyScene({ sheet, vtt }, { provisional: hear }));
  const whole = at();
  rollcall.close();
  if (named === null) throw new Error("nobody was named");
  return { started, named, whole };
}
