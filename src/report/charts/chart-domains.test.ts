import { describe, expect, test } from "vitest";
import { epochDomain, epochTicks, lossDomain, shareDomain, valueTicks } from "./chart-domains.js";

describe("epochDomain", () => {
  test("starts with the running epoch's beginning where points lie within it", () => {
    expect(epochDomain([0.2, 0.4, 5])).toEqual([0, 5]);
    expect(epochDomain([1, 2, 3, 2.5])).toEqual([1, 3]);
    expect(epochDomain([0.5, 1.3])).toEqual([0, 2]);
  });

  test("has a width for one epoch, and for none", () => {
    expect(epochDomain([1, 1])).toEqual([0.5, 1.5]);
    expect(epochDomain([])).toEqual([0, 1]);
  });
});

test("lossDomain goes from 0 to the first round number above", () => {
  expect(lossDomain([1.0986, 0.5])).toEqual([0, 1.2]);
  expect(lossDomain([0.03])).toEqual([0, 0.03]);
  expect(lossDomain([12.5])).toEqual([0, 15]);
  expect(lossDomain([123_456])).toEqual([0, 150_000]);
  expect(lossDomain([0])).toEqual([0, 1]);
  expect(lossDomain([])).toEqual([0, 1]);
});

test("shareDomain takes the tenths around, two at least, and stays within 0 and 1", () => {
  expect(shareDomain([0.42, 0.83])).toEqual([0.4, 0.9]);
  expect(shareDomain([0.333])).toEqual([0.3, 0.5]);
  expect(shareDomain([0.99, 1])).toEqual([0.8, 1]);
  expect(shareDomain([0, 0])).toEqual([0, 0.2]);
  expect(shareDomain([])).toEqual([0, 1]);
});

test("valueTicks are round and close a loss domain", () => {
  expect(valueTicks([0, 1.2])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1, 1.2]);
  expect(valueTicks([0, 0.3])).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
  expect(valueTicks([0.8, 1])).toEqual([0.8, 0.85, 0.9, 0.95, 1]);
  for (let loss = 0.01; loss < 100; loss *= 1.07) {
    const domain = lossDomain([loss]);
    expect(valueTicks(domain).at(-1), `for a loss of ${loss}`).toBe(domain[1]);
    expect(valueTicks(domain).length).toBeLessThanOrEqual(7);
  }
});

test("epochTicks are whole, and few", () => {
  expect(epochTicks([0, 1])).toEqual([0, 1]);
  expect(epochTicks([0.5, 1.5])).toEqual([1]);
  expect(epochTicks([1, 5])).toEqual([1, 2, 3, 4, 5]);
  expect(epochTicks([1, 50])).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  expect(epochTicks([0, 1000])).toHaveLength(11);
});
