import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { taskOf } from "../data/answers.js";
import { lengthOptions, taskOptions, trainingExamplesOptions } from "../data/options.js";
import { TunebertError } from "../error.js";
import { showAddress } from "../hub/files/address.js";
import { makeFolder } from "../hub/files/make-folder.js";
import { writeWhole } from "../hub/files/write-whole.js";
import { type OptionValues, option, required } from "../option.js";
import { text, texts, yesNo } from "../option-kinds.js";
import { formatIssues } from "../report/files/issues-file.js";
import { auditPage } from "../report/page/audit-page.js";
import { formatCount, formatThings } from "../report/terminal/format-quantity.js";
import { type Audit, audit, type Fold, foldOptions } from "../run/audit.js";
import { recipeOptions } from "../run/options.js";
import { version } from "../run/version.js";
import type { TrainEvent } from "../train/events.js";
import { addOptions } from "./add-options.js";
import { fetchOptions } from "./download-options.js";
import { addHelpBelow } from "./help-text.js";
import { withLabelNames } from "./label-names.js";
import { progressLine } from "./listeners/progress-line.js";
import { answerOptions, labelledExampleOptions } from "./options.js";
import { note, print } from "./print.js";
import { learningFlags, startOptions } from "./train-options.js";

const dataOptions = {
  data: required(text("file"), { help: "labelled examples to audit, of the kinds that train reads" }),
  against: option(texts("file"), {
    defaultText: "none",
    help: "other examples, say to test on, that should not be among these too; may be given several times",
  }),
  ...labelledExampleOptions,
  task: { ...taskOptions.task, default: "auto" as const },
  ...trainingExamplesOptions,
  ...lengthOptions,
};

const outputOptions = {
  out: option(text("folder"), { default: "audit", help: "where report.html and issues.csv go" }),
  overwrite: option(yesNo, { default: false, help: "replace those that are there" }),
  json: answerOptions.json,
};

/** The options of `tunebert audit`, by the headings under which they are listed. */
export const auditOptionGroups = {
  Data: dataOptions,
  Auditing: foldOptions,
  Model: startOptions,
  Training: { ...recipeOptions, ...learningFlags },
  Output: outputOptions,
};

type AuditFlags = OptionValues<
  typeof dataOptions &
    typeof foldOptions &
    typeof startOptions &
    typeof recipeOptions &
    typeof learningFlags &
    typeof outputOptions
>;

export function addAuditCommand(program: Command): void {
  const command = program
    .command("audit")
    .description(
      "Find labels that are probably wrong, near-duplicates, and examples that are in other files too: a page to read and a table to correct in.",
    )
    .action(runAudit);
  addHelpBelow(
    command,
    [
      "Each part of the examples is asked about by a model that is trained on the others, so an audit takes about as long as",
      "training with --folds times the examples. From a --pretrained model it finds more.",
    ],
    ["tunebert audit --data train.csv --pretrained ./all-MiniLM-L6-v2 --against test.csv --out audit"],
  );
  for (const [heading, options] of Object.entries(auditOptionGroups)) addOptions(command, options, heading);
}

async function runAudit(flags: AuditFlags): Promise<void> {
  const { out, json, data } = flags;
  const files = ["report.html", "issues.csv"].map((name) => join(out, name));
  const taken = files.find((file) => existsSync(file));
  if (taken !== undefined && !flags.overwrite) {
    throw new TunebertError(
      (overwrite) => `${taken} is there already; choose another folder, or pass ${overwrite}`,
      {
        option: "overwrite",
      },
    );
  }
  const say = json ? note : print;
  let progress: ReturnType<typeof progressLine> | undefined;
  const found = await audit({
    ...(await withLabelNames(flags)),
    download: fetchOptions(flags),
    onNotice: note,
    onEvent(event: TrainEvent, { epochs }: Fold) {
      progress ??= progressLine(process.stderr, epochs);
      void progress.handle(event);
      if (event.event === "done") progress = undefined;
    },
    onFold({ fold, folds, trained, asked }, figures) {
      const met = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      say(`part ${fold}/${folds}: trained on ${trained}, asked about ${asked}: ${met.join(", ")}`);
    },
  });
  const name = basename(showAddress(data));
  await makeFolder(out);
  await writeWhole(files[0]!, auditPage({ ...found, name, tunebert: version }));
  await writeWhole(files[1]!, formatIssues(found));
  if (json) print(JSON.stringify(summary(found)));
  else print(["", ...lines(found), "", `Look at ${files[0]}, and correct in ${files[1]}.`]);
}

/** For a program: places are rows, where the examples have them. */
function summary({ examples, answers, suspects, duplicates, leaks, joint }: Audit): unknown {
  const place = (example: number) => {
    const { fileName, row = example + 1 } = examples[example] ?? {};
    return { file: fileName, row };
  };
  return {
    examples: examples.length,
    task: taskOf(answers),
    suspects: suspects.map(({ example, ...rest }) => ({ ...place(example), ...rest })),
    duplicates: duplicates.map(({ examples, differ }) => ({ differ, examples: examples.map(place) })),
    leaks: leaks.map(({ example: { fileName, row }, like }) => ({
      file: fileName,
      row,
      like: like.map(place),
    })),
    joint,
  };
}

function lines({ examples, suspects, duplicates, leaks }: Audit): string[] {
  const suspected = new Set(suspects.map(({ example }) => example)).size;
  const differing = duplicates.filter(({ differ }) => differ).length;
  const all = formatCount(examples.length);
  return [
    `${formatCount(suspected)} of ${all} labels are probably wrong, or hard`,
    `${formatThings(duplicates.length, "group")} of near-duplicates, ${formatCount(differing)} with labels that differ`,
    ...(leaks.length === 0
      ? []
      : [
          `${formatThings(leaks.length, "example")} of other files ${leaks.length === 1 ? "is" : "are"} among these`,
        ]),
  ];
}
