import { saveReport } from "../../hub/store/model-folder.js";
import { type CurveRecorder, readCurves } from "../../report/charts/curve-recorder.js";
import { drawLearningCurves, type LearningCurves } from "../../report/charts/learning-curves.js";
import type { Listener } from "./listener.js";

/** Records the learning curves, and draws them at the end. */
export function learningCurves(folder: string, recorder: CurveRecorder, figure: string): Listener {
  return {
    async handle(event) {
      if (event.event === "step") recorder.step(event);
      else if (event.event === "epoch") recorder.epoch(event);
      else if (event.event === "done") {
        const kept = event.validation && event.bestEpoch;
        await saveReport(folder, "curves.svg", await drawLearningCurves(recorder.curves, { figure, kept }));
      }
    },
    state: {
      name: "curves",
      save: () => recorder.curves,
      read: readCurves,
      restore: (curves: LearningCurves) => recorder.restore(curves),
    },
  };
}
