// Asks Python for news, some time after it was last drawn, so that a slow browser is asked to draw no more
// than it can. Never from behind a click that leaves the page: Streamlit would take the late question as
// one to the old page, and empty the new one.

const clocks = new WeakMap();
const PATIENCE = 5000; // an answer that got lost is asked for again
const LEAVING = 5000; // by then the new page has begun, and this clock is gone

class Clock {
  constructor() {
    this.turn = 0;
    this.held = 0;
    this.hold = (event) => {
      if (event.type !== "popstate" && !event.target.closest?.(this.leaving)) return;
      this.held = performance.now() + LEAVING;
      this.wind(LEAVING);
    };
    for (const type of ["click", "popstate"]) window.addEventListener(type, this.hold, true);
  }

  update({ every, leaving }, setTriggerValue) {
    this.moves = every !== null;
    this.leaving = ["a[href]", ...leaving.map((key) => `.st-key-${key}`)].join();
    this.setTriggerValue = setTriggerValue;
    this.wind(Math.max(every, this.held - performance.now()));
    return (this.turn += 1);
  }

  wind(milliseconds) {
    clearTimeout(this.timer);
    if (!this.moves) return;
    this.timer = setTimeout(() => {
      this.setTriggerValue("tick", true);
      this.wind(PATIENCE);
    }, milliseconds);
  }

  stop() {
    clearTimeout(this.timer);
    for (const type of ["click", "popstate"]) window.removeEventListener(type, this.hold, true);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let clock = clocks.get(parentElement);
  if (!clock) clocks.set(parentElement, (clock = new Clock()));
  const turn = clock.update(data, setTriggerValue);
  // An effect that was overtaken while its module loaded is cleaned up after the one that overtook it.
  return () => {
    if (clock.turn !== turn) return;
    clock.stop();
    clocks.delete(parentElement);
  };
}
