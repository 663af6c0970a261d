// Invisible elements that tell a screen reader what the canvas shows: one an item of the list that
// the interface sends, in the same order and inside one another in the same way.

const elements = new Map();
let act = () => {};
let region;

// Makes the region; `ask(id, action)` is called when a screen reader clicks or focuses an element.
export function startMirror(canvas, ask) {
  act = ask;
  region = document.createElement("div");
  region.id = "mirror";
  region.setAttribute("role", "application");
  region.setAttribute("aria-label", "Lorekeeper");
  canvas.after(region);
  canvas.setAttribute("aria-hidden", "true");
  window.lorekeeperMirror = show;
}

function show(text) {
  const list = JSON.parse(text);
  const gone = new Set(elements.keys());
  const last = new Map();
  for (const thing of list) {
    gone.delete(thing.id);
    const element = elementOf(thing);
    describe(element, thing);
    place(element, thing, last);
  }
  for (const id of gone) {
    elements.get(id).remove();
    elements.delete(id);
  }
}

function elementOf(thing) {
  let element = elements.get(thing.id);
  if (!element) {
    element = document.createElement("div");
    element.tabIndex = -1;
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      act(thing.id, "click");
    });
    elements.set(thing.id, element);
  }
  return element;
}

// After the one before it in the same parent; moved only when it stands elsewhere.
function place(element, thing, last) {
  const parent = elements.get(thing.parent) ?? region;
  const before = last.get(parent) ?? null;
  const next = before ? before.nextSibling : parent.firstChild;
  if (element.parentNode !== parent || (next !== element && before !== element)) {
    parent.insertBefore(element, next);
  }
  last.set(parent, element);
  const [left, top, width, height] = thing.place;
  const [x, y] = origin(elements.get(thing.parent));
  element.place = [left, top];
  const style = `left:${left - x}px;top:${top - y}px;width:${width}px;height:${height}px`;
  if (element.getAttribute("style") !== style) {
    element.setAttribute("style", style);
  }
}

function origin(parent) {
  return parent?.place ?? [0, 0];
}

function describe(element, thing) {
  const checked = ["switch", "checkbox", "radio"].includes(thing.role);
  set(element, "role", thing.role);
  set(element, "aria-label", thing.name);
  set(element, "aria-valuetext", ["slider", "progressbar", "spinbutton"].includes(thing.role) ? thing.value : null);
  set(element, "aria-description", ["textbox", "combobox", "listitem"].includes(thing.role) ? thing.value : null);
  set(element, "aria-checked", checked ? String(thing.on ?? false) : null);
  set(element, "aria-selected", !checked && thing.on !== undefined ? String(thing.on) : null);
  set(element, "aria-disabled", thing.disabled ? "true" : null);
  // The canvas keeps the keyboard; the reader is told which element that means.
  if (thing.focused) {
    set(region, "aria-activedescendant", (element.id = `thing-${thing.id}`));
  }
}

function set(element, name, value) {
  if (value === undefined || value === null || value === "") {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}
