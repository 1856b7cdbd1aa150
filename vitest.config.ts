import { defineConfig } from "vitest/config";

/** Tests that replace modules, which others must not see, or that count what a process has. */
const ALONE = [
  "src/hub/files/make-folder.test.ts",
  "src/hub/store/checkpoint-folder.test.ts",
  "src/runtime/threads/native-calls.test.ts",
];

const shared = {
  setupFiles: ["test/support/to-be-close-to-tensor.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // The built command is what Node makes of it.
  server: { deps: { external: [/\/dist\//] } },
  env: { NO_COLOR: "1" },
  pool: "forks" as const,
  // Many tests wait for processes that they have started: leaving a core to them would leave it idle.
  maxWorkers: "100%",
};

export default defineConfig({
  test: {
    projects: [
      {
        // One process reads the modules once for many files.
        test: {
          ...shared,
          name: "shared",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ALONE,
          isolate: false,
        },
      },
      { test: { ...shared, name: "isolated", include: ALONE } },
    ],
  },
});
