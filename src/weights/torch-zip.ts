import { TunebertError } from "../error.js";
import { elementSize } from "./elements.js";
import { unpickle } from "./pickle.js";
import { quote } from "./show.js";
import { TorchNames } from "./torch-pickle.js";
import { openZip } from "./zip-directory.js";

/**
 * Reads the zip archive that torch.save writes since PyTorch 1.6: one folder with `data.pkl` (the object),
 * `byteorder`, and `data/KEY` for each storage.
 * Source: `_save` in PyTorch's torch/serialization.py.
 * @returns the pickled object; the storages that its tensors refer to have their bytes
 * @throws TunebertError when it is another kind of archive, or damaged
 */
export function readZipTorch(bytes: Uint8Array): unknown {
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
  if (zip.names.includes(byteOrderName)) checkByteOrder(zip.read(byteOrderName));

  const names = new TorchNames();
  const { value } = unpickle(zip.read(pickleName), 0, names);
  for (const storage of names.storages.values()) {
    const data = zip.read(`${folder}data/${storage.key}`);
    if (data.length !== storage.count * elementSize(storage.type)) {
      throw new TunebertError(
        `storage ${storage.key} has ${data.length} bytes, but its tensors expect ${storage.count} × ` +
          `${storage.type}; the file is damaged`,
      );
    }
    storage.bytes = data;
  }
  return value;
}

function checkByteOrder(data: Uint8Array): void {
  const byteOrder = new TextDecoder().decode(data);
  if (byteOrder === "little") return;
  throw new TunebertError(
    `the file was written with byte order ${quote(byteOrder)}; expected "little": ` +
      "load it with PyTorch on an ordinary machine and save it again",
  );
}
