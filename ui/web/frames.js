// The canvas asks for every frame of the display, sixty times a second, whether anything moves or not.
// While nothing does, it is answered ten times a second: enough to notice what arrived meanwhile.

const REST = 100; // milliseconds between two looks while nothing moves
const LIVELY = 500; // milliseconds after input or a painted frame in which every frame counts

const INPUT = [
  "pointerdown", "pointermove", "pointerup", "wheel", "touchstart", "touchmove", "keydown", "keyup",
  "input", "paste", "dragenter", "dragover", "drop", "focus", "resize",
];

const frame = window.requestAnimationFrame.bind(window);
let lively = performance.now();
let waiting = null;

// Call before the canvas starts.
export function startFrames() {
  window.requestAnimationFrame = (callback) => {
    if (performance.now() - lively < LIVELY) {
      return frame(callback);
    }
    answer(frame);
    // Without a frame: asking the display for one has the whole page drawn again.
    waiting = { callback, timer: setTimeout(() => answer((look) => look(performance.now())), REST) };
    return 0;
  };
  for (const kind of INPUT) {
    window.addEventListener(kind, wake, { capture: true, passive: true });
  }
  // Called by the interface for every frame that it paints.
  window.lorekeeperPainted = () => {
    lively = performance.now();
  };
}

function wake() {
  lively = performance.now();
  answer(frame);
}

// Ends the waiting, if somebody waits: `give` calls back, now or with the next frame.
function answer(give) {
  if (waiting) {
    const { callback, timer } = waiting;
    waiting = null;
    clearTimeout(timer);
    give(callback);
  }
}
