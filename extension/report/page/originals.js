// Originals: in this page, or in the folder beside it.
const blocks = new Map([...document.querySelectorAll("script[data-name]")].map((block) => [block.dataset.name, block]));
const pickedFiles = new Map();
const canFetch = location.protocol.startsWith("http");

function originalUrl(name) {
  const block = blocks.get(name);
  if (block) return `data:${block.dataset.mime};base64,${block.textContent}`;
  return page.folder && name ? `${page.folder}/${encodeURIComponent(name)}` : "";
}

// A page opened from disk may show the files of its folder, but read only those that were picked.
const readable = (name) => blocks.has(name) || pickedFiles.has(name) || (canFetch && page.place === "beside");

async function bytesOf(name) {
  const block = blocks.get(name);
  if (block) return Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
  const source = pickedFiles.get(name) ?? (await fetch(originalUrl(name)));
  return new Uint8Array(await source.arrayBuffer());
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// One voice at a time
document.addEventListener(
  "play",
  (event) => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
  },
  true,
);
