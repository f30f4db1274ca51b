// Carries the moments of a training run to the timeline beside it, which draws them.
// They are large and seldom new, the timeline's own numbers small and new several times a second.

export default function ({ data }) {
  window.gruLabMoments ??= new Map();
  window.gruLabMoments.set(data.key, data.moments);
  document.dispatchEvent(new CustomEvent("gl-moments"));
}
