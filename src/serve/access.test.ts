import { expect, test } from "vitest";
import { hasKey, isKnownHost } from "./access.js";

test.each([
  "localhost",
  "LOCALHOST:8080",
  "127.0.0.1:8080",
  "[::1]:8080",
  "10.0.0.7",
  "nli.example.org",
  "NLI.example.org.:443",
])("%s is known", (host) => {
  expect(isKnownHost(host, ["nli.example.org"])).toBe(true);
});

test.each([
  undefined,
  "",
  "evil.example",
  "localhost.evil.example",
  "localhost@evil.example",
  "127.0.0.1.evil.example:8080",
  "nli.example.org:80:80",
  "[::1",
])("%s is not known", (host) => {
  expect(isKnownHost(host, ["nli.example.org"])).toBe(false);
});

test("the key comes as Bearer, and whole", () => {
  expect(hasKey("Bearer secret", "secret")).toBe(true);
  expect(hasKey("bearer  secret ", "secret")).toBe(true);
  for (const wrong of [undefined, "", "secret", "Basic secret", "Bearer", "Bearer secre", "Bearer secrets"]) {
    expect(hasKey(wrong, "secret"), String(wrong)).toBe(false);
  }
});
