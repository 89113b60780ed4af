// The viewer: one image in full, or two side by side.
const viewer = byId("viewer");
const panes = [...viewer.querySelectorAll(".pane")];
const MOST_ZOOM = 8;
let current = null;
let pinned = null;
let zoom = 1;
let leader = panes[1]; // the pane that the reader moves; the other follows

const resultOf = (button) => button.closest(".result");
const captionOf = (button) => [...button.closest("figure").querySelectorAll("figcaption > *")].map((part) => part.textContent).join(" · ");

function placeOf(button) {
  const result = resultOf(button);
  if (!result) return "Source";
  const all = [...result.closest(".outcome").querySelectorAll(".result")];
  return `Result ${result.dataset.number} of ${all.length}`;
}

function describe(button) {
  const title = titleOf(button.closest("article"));
  const variant = resultOf(button) && variantOf(resultOf(button));
  return [button.closest("article") === current.closest("article") ? "" : title, variant, captionOf(button)].filter(Boolean).join(" · ");
}

function fill(figure, button) {
  figure.hidden = !button;
  if (!button) return;
  const thumbnail = button.querySelector("img");
  const image = figure.querySelector("img");
  image.src = thumbnail.src;
  image.alt = thumbnail.alt;
  image.className = button.className;
  figure.querySelector("figcaption").textContent = describe(button);
  const full = new Image();
  figure.full = full;
  // What a browser cannot decode, such as TIFF, stays a thumbnail.
  full.addEventListener("load", () => {
    if (figure.full === full) image.src = full.src;
  });
  const url = originalUrl(button.dataset.original);
  if (url) full.src = url;
}

function show(button) {
  current = button;
  const card = button.closest("article");
  const result = resultOf(button);
  byId("viewer-row").textContent = titleOf(card);
  byId("viewer-place").textContent = placeOf(button);
  byId("viewer-star").replaceChildren(...(result ? [starControl(result)] : []));
  byId("pin").setAttribute("aria-pressed", String(pinned === button));
  const beside = pinned && pinned !== button ? pinned : result && card.querySelector(".source button.image");
  fill(byId("compared"), beside);
  fill(byId("large"), button);
  const download = byId("download");
  const name = button.dataset.original;
  download.hidden = !name;
  download.href = originalUrl(name);
  const opens = page.place === "beside" && !canFetch;
  download.target = opens ? "_blank" : "";
  download.download = opens ? "" : name;
  if (opens) download.removeAttribute("download");
  download.setAttribute("aria-label", opens ? `Open the original ${name}` : `Download ${name}`);
  setZoom(1);
}

function step(places) {
  const all = wanted.flatMap((card) => [...card.querySelectorAll("button.image")]);
  const next = all[(all.indexOf(current) + places + all.length) % all.length];
  if (!next.isConnected) showUpTo(wanted.indexOf(next.closest("article")) + 1);
  show(next);
}

function setZoom(factor, [x, y] = [0.5, 0.5]) {
  zoom = Math.max(1, Math.min(MOST_ZOOM, factor));
  byId("smaller").disabled = zoom === 1;
  byId("larger").disabled = zoom === MOST_ZOOM;
  for (const pane of panes) {
    pane.className = `pane zoom-${zoom}`;
    pane.scrollTo((pane.scrollWidth - pane.clientWidth) * x, (pane.scrollHeight - pane.clientHeight) * y);
  }
}

function pin() {
  pinned = pinned === current ? null : current;
  show(current);
}

const pan = (x, y) => leader.scrollBy(x, y);

byId("rows").addEventListener("click", (event) => {
  const button = event.target.closest("button.image");
  if (!button) return;
  pinned = null;
  viewer.showModal();
  byId("next").focus();
  show(button);
});
viewer.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const result = resultOf(current);
  const actions = {
    ArrowRight: () => (zoom > 1 ? pan(80, 0) : step(1)),
    ArrowLeft: () => (zoom > 1 ? pan(-80, 0) : step(-1)),
    ArrowDown: () => (zoom > 1 ? pan(0, 80) : step(1)),
    ArrowUp: () => (zoom > 1 ? pan(0, -80) : step(-1)),
    "+": () => setZoom(zoom * 2),
    "=": () => setZoom(zoom * 2),
    "-": () => setZoom(zoom / 2),
    c: pin,
    d: () => byId("download").hidden || byId("download").click(),
    s: () => result && rate(result, starsOf(result) ? 0 : mostStars),
  };
  if (/^[0-5]$/.test(event.key) && result && mostStars > 1) actions[event.key] = () => rate(result, Number(event.key));
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("pin").addEventListener("click", pin);
byId("larger").addEventListener("click", () => setZoom(zoom * 2));
byId("smaller").addEventListener("click", () => setZoom(zoom / 2));
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
// The reader goes on where they looked last, not where they began.
viewer.addEventListener("close", () => current.focus());

// A click zooms to where it was, a drag moves both images alike.
let drag = null;
for (const pane of panes) {
  const other = panes.find((candidate) => candidate !== pane);
  for (const arrival of ["pointerenter", "focus"]) pane.addEventListener(arrival, () => (leader = pane));
  pane.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, left: pane.scrollLeft, top: pane.scrollTop, moved: false };
    event.preventDefault();
  });
  pane.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.moved ||= Math.hypot(x, y) > 4;
    if (drag.moved) pane.scrollTo(drag.left - x, drag.top - y);
  });
  pane.addEventListener("click", (event) => {
    const box = pane.getBoundingClientRect();
    if (!drag?.moved) setZoom(zoom > 1 ? 1 : 2, [(event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height]);
    drag = null;
  });
  pane.addEventListener("scroll", () => {
    if (pane === leader) other.scrollTo(pane.scrollLeft, pane.scrollTop);
  });
}
document.addEventListener("pointerup", () => setTimeout(() => (drag = null)));
