import { createRequire } from "node:module";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";
import { TunebertError } from "../../error.js";

/** What the library asks for as it starts: set, it collects nothing, writes nothing and sends nothing. */
const OPT_OUT = "ORT_DISABLE_TELEMETRY";

/** What tells the threads that this one starts that the variable is set. */
const IS_SET = `tunebert: ${OPT_OUT}`;

/** Loads ONNX Runtime, the only way to it here. @throws TunebertError as {@link disableTelemetry} */
export function loadOnnxRuntime(): typeof import("onnxruntime-node") {
  disableTelemetry();
  return createRequire(import.meta.url)("onnxruntime-node");
}

/**
 * Switches ONNX Runtime's telemetry off, unless the variable has a value of the user's. To be called before threads
 * are started that load the library: it reads the environment of the process, which a thread cannot change, whose
 * `process.env` is a copy.
 * @throws TunebertError in a thread of the caller's, when the variable is not set in the process
 */
export function disableTelemetry(): void {
  if (getEnvironmentData(IS_SET)) return;
  process.env[OPT_OUT] ||= "1";
  if (!isMainThread && !isSetInProcess()) {
    throw new TunebertError(
      "this Worker cannot switch off the telemetry of ONNX Runtime, since its process.env is a copy of the " +
        `process's: set ${OPT_OUT}=1 before the program starts, or process.env.${OPT_OUT} = "1" in its main ` +
        "thread, or start the Worker from there with the option env: SHARE_ENV",
    );
  }
  setEnvironmentData(IS_SET, true);
}

/** A report on the process shows the environment that native code reads. */
function isSetInProcess(): boolean {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // or it looks up the names of hosts
  try {
    const { environmentVariables } = report.getReport() as {
      readonly environmentVariables?: Readonly<Record<string, string>>;
    };
    return Boolean(environmentVariables?.[OPT_OUT]);
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
