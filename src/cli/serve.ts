import type { Command } from "commander";
import type { OptionValues } from "../option.js";
import { serveOptions } from "../serve/options.js";
import { type RunningServer, serve } from "../serve/serve.js";
import { addOptions } from "./add-options.js";
import { complaint } from "./complaint.js";
import { addHelpBelow } from "./help-text.js";
import { modelOptions } from "./options.js";
import { note, print } from "./print.js";

const options = { ...modelOptions, ...serveOptions };

/** The environment's variable for the key, which a command line would show to others on the machine. */
const KEY = "TUNEBERT_API_KEY";

export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .description("Answer over HTTP: POST /predict, and a page to try the model at /.")
    .action(runServe);
  addHelpBelow(
    command,
    [
      'POST /predict takes { "text": "…", "textPair": "…" } or a list of them, and what text-embeddings-inference takes. Each request ' +
        "is a line of JSON on standard output, without its texts. SIGHUP has the model's folder read again, without losing a request; " +
        "SIGTERM and Ctrl-C end the server once it has answered.",
    ],
    [
      "tunebert serve --model nli",
      `${KEY}=secret tunebert serve --model nli --host 0.0.0.0 --allowed-host nli.example.org`,
      `curl localhost:8080/predict -H 'content-type: application/json' -d '{"text":"A dog runs .","textPair":"An animal moves ."}'`,
    ],
  );
  addOptions(command, options);
}

async function runServe(flags: OptionValues<typeof options>, command: Command): Promise<void> {
  const apiKey = flags.apiKey ?? (process.env[KEY] || undefined);
  const server = await serve({ ...flags, apiKey, onRequest: (request) => print(JSON.stringify(request)) });
  const page = `${flags.model} is served at ${server.url}`;
  note(isOpen(flags, apiKey) ? [page, `warning: whoever reaches this address may ask; set ${KEY}`] : page);
  await untilEnded(server, command);
  note("every request has been answered");
}

function isOpen({ host }: OptionValues<typeof options>, apiKey: string | undefined): boolean {
  return apiKey === undefined && !["127.0.0.1", "::1", "localhost"].includes(host);
}

/** Until the process is asked to end. A second time ends it at once. */
async function untilEnded(server: RunningServer, command: Command): Promise<void> {
  const reload = async () => {
    try {
      await server.reload();
      note("the model's folder has been read again");
    } catch (error) {
      note([...complaint(error, command), "the model that was there answers on"]);
    }
  };
  process.on("SIGHUP", reload);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  process.off("SIGHUP", reload);
  // What hangs up now is of no account: the end has begun.
  process.on("SIGHUP", () => {});
  await server.close();
}
