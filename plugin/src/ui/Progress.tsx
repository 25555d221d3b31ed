import type { Step } from "../run.ts";
import { React } from "../stash/api.ts";
import { bytes, t, type Key } from "../words.ts";

const STAGES: Record<Step["stage"], Key> = {
  engine: "stageEngine", models: "stageModels", database: "stageDatabase", library: "stageLibrary", frames: "stageFrames",
  compare: "stageCompare",
  decode: "stageDecode", detect: "stageDetect", embed: "stageEmbed", search: "stageSearch",
};

/** How far the work has come. */
export function Progress({ step }: { step: Step | undefined }): JSX.Element {
  const { stage, done, total } = step ?? { stage: "engine" as const, done: 0, total: 0 };
  const known = total > 1;
  const share = known ? Math.min(1, done / total) : 0;
  const count = !known ? "" : stage === "models" ? t("of", { done: bytes(done), total: bytes(total) }) : t("of", { done: Math.min(done, total), total });
  return (
    <div className="rollcall-progress">
      <div className="progress" role="progressbar" aria-label={t(STAGES[stage])} aria-valuemin={0} aria-valuemax={100}
        {...(known ? { "aria-valuenow": Math.round(100 * share) } : {})}>
        <div className={`progress-bar ${known ? "" : "progress-bar-striped progress-bar-animated"}`}
          style={{ width: known ? `${Math.max(2, 100 * share)}%` : "100%" }} />
      </div>
      <small className="text-muted">{t(STAGES[stage])} {count}</small>
    </div>
  );
}
