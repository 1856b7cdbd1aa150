import { TunebertError } from "../error.js";
import { unpickle } from "./pickle.js";
import { quote } from "./show.js";
import { TorchNames } from "./torch-pickle.js";
import { openZip } from "./zip-directory.js";

/**
 * Reads the zip archive that torch.save writes since PyTorch 1.6: one folder with `data.pkl` (the object),
 * `byteorder`, and `data/KEY` for each storage.
 * Source: `_save` in PyTorch's torch/serialization.py.
 * @returns the pickled object, whose tensors' storages have their bytes, and whether these are big-endian
 * @throws TunebertError when it is another kind of archive, or damaged
 */
export function readZipTorch(bytes: Uint8Array): { object: unknown; bigEndian: boolean } {
  const zip = openZip(bytes);
  const pickleName = zip.names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) {
    const some = zip.names.slice(0, 3).map(quote).join(", ");
    throw new TunebertError(
      `the zip archive was not written by torch.save: it has no FOLDER/data.pkl, but ${some || "no entries"}; ` +
        "if the weights are one of its files, unpack it first",
    );
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  const byteOrderName = `${folder}byteorder`;
  const bigEndian = zip.names.includes(byteOrderName) && isBigEndian(zip.read(byteOrderName));

  const names = new TorchNames();
  const { value } = unpickle(zip.read(pickleName), 0, names);
  for (const storage of names.storages.values()) {
    const data = zip.read(`${folder}data/${storage.key}`);
    if (data.length !== storage.byteLength) {
      throw new TunebertError(
        `storage ${storage.key} has ${data.length} bytes, but its tensors expect ${storage.count} × ` +
          `${storage.type.elementType}; the file is damaged`,
      );
    }
    storage.bytes = data;
  }
  return { object: value, bigEndian };
}

function isBigEndian(data: Uint8Array): boolean {
  const byteOrder = new TextDecoder().decode(data);
  if (byteOrder === "little" || byteOrder === "big") return byteOrder === "big";
  throw new TunebertError(
    `the file says that its byte order is ${quote(byteOrder)}; expected "little" or "big": it is damaged`,
  );
}
