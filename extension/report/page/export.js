// Export: the chosen results as CSV, their images and recordings as files under names of a pattern.
const exporter = byId("exporter");
const pattern = byId("pattern");
if (mostStars > 1) pattern.value = "{title}_{variant}_{result}";

function namesOf(result) {
  const names = { row_id: result.card.dataset.row, result: result.dataset.number, index: result.dataset.index };
  const variant = variantOf(result);
  if (variant) names.variant = variant;
  for (const label of result.card.querySelectorAll(".columns dt")) names[label.textContent] ??= fullText(label.nextElementSibling);
  names.title ??= titleOf(result.card);
  return names;
}

const mediaOf = (result) => [...result.querySelectorAll("[data-original]")].map((medium) => medium.dataset.original).filter(Boolean);

// What is to be saved: each chosen result with the names of its files, or why that cannot be.
function plan() {
  const taken = new Set();
  return chosenResults().map((result) => {
    const names = namesOf(result);
    const stem = pattern.value.replace(/\{([^{}]*)\}/g, (_, name) => {
      if (!(name in names)) throw new Error(`There is no {${name}}; there are ${Object.keys(names).map((known) => `{${known}}`).join(", ")}.`);
      return names[name];
    });
    const safe = stem.replace(/[\x00-\x1f<>:"/\\|?*]+/g, "_").slice(0, 150).replace(/^[. ]+|[. ]+$/g, "") || "result";
    const files = mediaOf(result).map((original) => {
      const ending = /\.\w+$/.exec(original)?.[0] ?? "";
      let name = safe + ending;
      for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${safe}-${number}${ending}`;
      taken.add(name.toLowerCase());
      return { original, name };
    });
    return { result, names, files };
  });
}

function csvOf(planned) {
  const compares = mostStars > 1;
  const quoted = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const head = ["row_id", "index", "file", ...(compares ? ["variant", "stars"] : [])];
  const rows = planned.map(({ result, names, files }) => [
    names.row_id,
    names.index,
    files.map((file) => file.name).join(" "),
    ...(compares ? [names.variant, starsOf(result)] : []),
  ]);
  return [head, ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
const crcOf = (bytes) => ~bytes.reduce((crc, byte) => CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8), ~0) >>> 0;

// A ZIP of stored files (PKWARE APPNOTE 6.3.10, 4.3); images are compressed already.
function zipOf(files) {
  const body = [];
  const directory = [];
  let offset = 0;
  const record = (signature, fields) => {
    const view = new DataView(new ArrayBuffer(4 + fields.reduce((sum, [size]) => sum + size, 0)));
    view.setUint32(0, signature, true);
    let at = 4;
    for (const [size, value] of fields) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
    return new Uint8Array(view.buffer);
  };
  for (const { name, bytes } of files) {
    const encoded = new TextEncoder().encode(name);
    // Version 2.0, names in UTF-8, stored, 1 January 2000
    const common = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 0x2821], [4, crcOf(bytes)], [4, bytes.length], [4, bytes.length], [2, encoded.length], [2, 0]];
    const head = record(0x04034b50, common);
    body.push(head, encoded, bytes);
    directory.push(record(0x02014b50, [[2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), encoded);
    offset += head.length + encoded.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record(0x06054b50, [[2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...body, ...directory, end], { type: "application/zip" });
}

function refreshExporter() {
  const chosen = chosenResults();
  byId("exporter-heading").textContent = `Export ${chosen.length.toLocaleString("en")} ${mostStars > 1 ? "rated" : "chosen"} ${chosen.length === 1 ? "result" : "results"}`;
  const names = chosen.length ? Object.keys(namesOf(chosen[0])) : [];
  byId("pattern-help").textContent = `Names may use ${names.map((name) => `{${name}}`).join(", ")}. {result} counts a row's results from 1, as on this page; {index} is the column of the result table, from 0.`;
  let files = [];
  let error = "";
  try {
    files = plan().flatMap((planned) => planned.files);
  } catch (reason) {
    error = reason.message;
  }
  const outcome = byId("pattern-outcome");
  outcome.classList.toggle("wrong", Boolean(error));
  outcome.textContent = error || files.slice(0, 3).map((file) => file.name).join(", ") + (files.length > 3 ? ", …" : "");
  byId("save-csv").disabled = Boolean(error);
  byId("save-files").disabled = !files.length || !files.every((file) => readable(file.original));
  byId("folder-help").hidden = page.place !== "beside" || canFetch || files.every((file) => readable(file.original));
}

byId("export-chosen").addEventListener("click", () => {
  refreshExporter();
  exporter.showModal();
  pattern.focus();
});
pattern.addEventListener("input", refreshExporter);
byId("folder").addEventListener("change", (event) => {
  for (const file of event.target.files) if (file.webkitRelativePath.split("/").length === 2) pickedFiles.set(file.name, file);
  refreshExporter();
});
const saveAs = document.title.replace(/[^\p{L}\p{N}._ -]+/gu, "_").slice(0, 60);
byId("save-csv").addEventListener("click", () => save(new Blob([csvOf(plan())], { type: "text/csv" }), `${saveAs}.csv`));
byId("save-files").addEventListener("click", async () => {
  const planned = plan();
  const files = await Promise.all(
    planned.flatMap((row) => row.files).map(async ({ original, name }) => ({ name, bytes: await bytesOf(original) })),
  );
  if (files.length === 1) save(new Blob([files[0].bytes]), files[0].name);
  else save(zipOf([...files, { name: "chosen.csv", bytes: new TextEncoder().encode(csvOf(planned)) }]), `${saveAs}.zip`);
});
