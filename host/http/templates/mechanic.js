// The form of a mechanic's page: composes an offer, which is to be copied. It sends nothing.
const form = document.getElementById("form"), name = form.dataset.mechanic;
form.addEventListener("submit", (event) => event.preventDefault());
const read = (input) => {
  const text = input.value.trim();
  if (text === "") return undefined;
  if (input.dataset.kind === "boolean") return text === "true";
  if (input.dataset.kind === "text") return text;
  try { return JSON.parse(text); } catch { return text; }
};
// Fields, objects, lists and their entries; what only lays them out lies in between.
const PARTS = "[data-name], [data-entry]";
const parts = (root) => [...root.querySelectorAll(PARTS)].filter((part) => {
  const above = part.parentElement.closest(PARTS);
  return above === root || (above === null && root === form);
});
// What nobody filled in is left out.
const value = (part) => {
  if (part.dataset.kind) return read(part);
  const inside = parts(part).map((each) => [each.dataset.name, value(each)]).filter(([, found]) => found !== undefined);
  if (part.hasAttribute("data-list")) return inside.length > 0 ? inside.map(([, found]) => found) : undefined;
  if (inside.length === 1 && inside[0][0] === "") return inside[0][1];
  return inside.length > 0 ? Object.fromEntries(inside) : undefined;
};
const clear = (entry) => entry.querySelectorAll("[data-kind]").forEach((input) => {
  input.value = input.tagName === "SELECT"
    ? [...input.options].find((option) => option.defaultSelected)?.value ?? ""
    : input.defaultValue;
});
const add = (button) => {
  const list = button.closest("[data-list]");
  const entries = parts(list), entry = entries[0].cloneNode(true);
  entry.querySelectorAll("[data-list]").forEach((inner) => parts(inner).slice(1).forEach((more) => more.remove()));
  clear(entry);
  const remove = document.createElement("button");
  Object.assign(remove, { type: "button", textContent: "Remove" });
  remove.dataset.remove = "";
  entry.querySelectorAll("[data-remove]").forEach((copied) => copied.remove());
  entry.append(remove);
  entries.at(-1).after(entry);
  entry.querySelector("[data-kind]").focus();
};
const compose = () => {
  const params = value(form) ?? {};
  const id = document.getElementById("external-id").value.trim();
  const offer = JSON.stringify({ title: document.getElementById("title").value, mechanic: name, params }, null, 2);
  document.getElementById("offer").textContent = offer;
  document.getElementById("curl").textContent =
    `curl -X PUT ${location.origin}/v1/offers/${encodeURIComponent(id)} \\\n  -H "Authorization: Bearer $INTEGRATION" \\\n  -H 'Content-Type: application/json' \\\n  -d '${offer.replaceAll("'", "'\\''")}'`;
};
form.addEventListener("input", compose);
form.addEventListener("change", compose);
form.addEventListener("click", ({ target }) => {
  if ("add" in target.dataset) add(target);
  else if ("remove" in target.dataset) target.closest("[data-entry]").remove();
  else return;
  compose();
});
document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}));
compose();
