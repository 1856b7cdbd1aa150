import { expect, test } from "vitest";
import { readText } from "./files.js";

test.skipIf(process.platform === "win32")(
  "a text that never ends is refused before memory is full",
  async () => {
    await expect(readText("/dev/zero")).rejects.toThrow("/dev/zero has more than 256 MiB");
  },
);
