import { describe, expect, test } from "vitest";
import { crc32, crc32c } from "./crc32.js";

const digits = new TextEncoder().encode("123456789");

describe("crc32", () => {
  /** The check values in the catalogue of CRC algorithms (reveng). */
  test("and crc32c give the check values", () => {
    expect(crc32(digits)).toBe(0xcbf43926);
    expect(crc32c(digits)).toBe(0xe3069283);
  });

  test("goes on from what came before", () => {
    expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(crc32(digits));
  });

  /** RFC 3720, B.4. */
  test("crc32c gives the values of iSCSI's specification", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });
});
