import ts from "typescript";
import { expect, test } from "vitest";
import { apiScript } from "./support/api-script.js";
import { succeed, temporaryFolder } from "./support/command.js";

const folder = temporaryFolder();

async function outputOf(name: string, body: string): Promise<string> {
  return (await succeed([], { script: apiScript(folder, name, body) })).stdout;
}

test("a predictor that nobody closes does not keep the process alive, and answers whenever it is asked", async () => {
  const body = `
const predictor = await startPredictor();
console.log((await predictor.predict(somePairs(10))).length);
await new Promise((resolve) => setTimeout(resolve, 50));
console.log((await predictor.predict(somePairs(20))).length);
predictor.predict(somePairs(30)).then((answers) => console.log(answers.length));`;
  expect(await outputOf("predictor", body)).toBe("10\n20\n30\n");
});

test("training that nobody goes on with does not either", async () => {
  const body = `
const training = await fit({ epochs: 1 });
for (let i = 0; i < 2; i++) console.log((await training.next()).value.event);`;
  expect(await outputOf("training", body)).toBe("step\nstep\n");
});

test("`await using`, compiled by TypeScript, closes a predictor at the end of the block", async () => {
  const body = `
let kept: Predictor;
{
  await using predictor = await startPredictor();
  kept = predictor;
  console.log((await predictor.predict(somePairs(3))).length);
}
await kept.predict(somePairs(1)).catch((error) => console.log(error.message));`;
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  expect(outputText).toContain("__addDisposableResource");
  expect(await outputOf("using", outputText)).toBe(
    "3\nthe predictor has been closed; start another with Predictor.start\n",
  );
});
