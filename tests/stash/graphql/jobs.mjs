// Jobs: `metadataGenerate` gives what a scene was said to get later.

/** How long a job takes, in milliseconds. */
const DURATION = 60;

export function jobView(job) {
  return { addTime: job.added, subTasks: [], progress: job.status === "FINISHED" ? 1 : 0, ...job };
}

/** Starts a job; `work` is done when it ends. Gives its id. */
export function start(library, description, work) {
  const job = { id: String(library.jobs.length + 1), description, status: "RUNNING", added: new Date().toISOString() };
  library.jobs.push(job);
  setTimeout(() => { work(); job.status = "FINISHED"; }, DURATION).unref();
  return job.id;
}

/** What `metadataGenerate` makes, as far as there is something: sheets and cues, covers, previews. */
export function generate(library, input) {
  const kinds = [
    ...(input.sprites ? ["sprite", "vtt"] : []), ...(input.covers ? ["screenshot"] : []), ...(input.previews ? ["preview"] : []),
  ];
  for (const scene of library.scenes.values()) {
    if (input.sceneIDs && !input.sceneIDs.includes(scene.id)) continue;
    for (const kind of kinds) {
      if (scene.later?.[kind] && (input.overwrite || !scene.media[kind])) scene.media[kind] = scene.later[kind];
    }
  }
}
