// Starts the interface. It draws through WebGL: without that the shell is asked for the native
// window, and a failed start is said in words instead of an empty page.
import init, * as lore from "./lore_ui.js";
import { startFrames } from "./frames.js";
import { startMirror } from "./mirror.js";

const word = document.getElementById("word");

function say(text) {
  word.textContent = text;
}

function canDraw() {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

async function start() {
  if (!canDraw()) {
    say("This system's web view cannot draw. Opening the native window…");
    const request = JSON.stringify({ id: 0, request: { Shell: "CannotDraw" } });
    await window.__TAURI__.core.invoke("rpc", { request });
    return;
  }
  await init({ module_or_path: "./lore_ui_bg.wasm" });
  if (lore.egui_inspect) {
    window.egui_inspect = lore.egui_inspect;
  }
  const canvas = document.getElementById("lorekeeper");
  startMirror(canvas, lore.ask_mirrored);
  startFrames();
  await lore.start(canvas);
  word.remove();
}

start().catch((error) => {
  console.error(error);
  say("The window could not start. Start the program with --window native.");
});
