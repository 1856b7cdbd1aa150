import { describe, expect, test } from "vitest";
import { TunebertError } from "../../error.js";
import { expectWebAddress, looksLikeAddress, showAddress, showAddressesIn } from "./address.js";

describe("an address for people", () => {
  test.each([
    ["https://me:secret@h:8080/x.zip?token=secret#secret", "https://h:8080/x.zip"],
    ["http://secret@h", "http://h/"],
    ["socks5://me:secret@h:1080", "socks5://h:1080"],
    ["http:me:secret@h/x", "http://h/x"],
    ["https:/me:secret@h/x", "https://h/x"],
  ])("%s is shown as %s", (address, shown) => expect(showAddress(address)).toBe(shown));

  test.each([
    "https://me:secret@h:99999/x",
    "https://me:se?secret@h:1/x",
    "https://me:se#secret@h:1/x",
    "https://me:se/secret@h:1/x",
    "https://me:secret@h :1/x?token=secret",
    "https://h:99999/x?mail=a@b&token=secret",
    "https:/me:secret@h:99999/x",
    "me:secret@h/x.zip",
    "h/x.zip?token=secret",
    "ftp://me:secret@",
    "https://[secret",
  ])("%s shows no secret, and is known for an address", (address) => {
    expect(showAddress(address)).not.toMatch(/secret/);
    expect(looksLikeAddress(address)).toBe(true);
  });

  test.each([
    "bert.small",
    "snli:dev",
    "C:\\data\\x.csv",
    "C:\\a@b",
    "/data/a:b@c.csv",
    "../a@b.csv",
    "what?.csv",
  ])("%s is none", (name) => {
    expect(showAddress(name)).toBe(name);
    expect(looksLikeAddress(name)).toBe(false);
  });

  test("is shown so within what others say", () => {
    expect(showAddressesIn('no "https://me:secret@h/x?secret" from http:/secret@i/y here')).toBe(
      'no "https://h/x" from http://i/y here',
    );
  });
});

describe("an address to download from", () => {
  test.each(["https://h/x", "HTTP://me:p%40@h:80/x?q#f"])("may be %s", (address) =>
    expectWebAddress(address),
  );

  test.each([
    ["h/x.zip?a=1", /^… is no address .*expected https:\/\/ or http:\/\/ at its start/],
    ["ftp://me:secret@h/x", /^ftp:\/\/h\/x is no address .*expected https or http, found ftp:/],
    ["https://me:sec#ret@h/x", /^https:\/\/… is no address .*such as %40 for @/],
    ["https://h:0/x", /^https:\/\/h:0\/x is no address .*port 0/],
  ])("may not be %s", (address, message) => {
    const ask = () => expectWebAddress(address);
    expect(ask).toThrow(TunebertError);
    expect(ask).toThrow(message);
  });
});
