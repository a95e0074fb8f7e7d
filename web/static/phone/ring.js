// Tones made in the page, so that nothing is loaded when it rings: incoming, and the ringing that a caller hears.

let context = null;
let playing = null;

export function audioContext() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  return context;
}

// A window that nobody has clicked yet may be forbidden to sound.
export const isSilent = () => Boolean(context) && context.state === "suspended";

// `name`: incoming (two soft notes, every three seconds), waiting (450 Hz, one second of five), or "" for quiet.
export function ring(name) {
  if (playing?.name === name) return;
  if (playing) { clearInterval(playing.timer); playing.gain.disconnect(); playing = null; }
  if (!name) return;
  const sound = audioContext();
  const gain = sound.createGain();
  gain.connect(sound.destination);
  const once = name === "incoming" ? () => { note(gain, 659, 0, 0.35, 0.18); note(gain, 523, 0.38, 0.55, 0.18); } : () => note(gain, 450, 0, 1, 0.06);
  playing = { name, gain, timer: setInterval(once, name === "incoming" ? 3000 : 5000) };
  once();
}

function note(gain, hertz, after, seconds, loudness) {
  const begin = context.currentTime + after;
  const source = context.createOscillator();
  const shape = context.createGain();
  source.frequency.value = hertz;
  shape.gain.setValueAtTime(0, begin);
  shape.gain.linearRampToValueAtTime(loudness, begin + 0.02);
  shape.gain.setValueAtTime(loudness, begin + seconds - 0.08);
  shape.gain.linearRampToValueAtTime(0, begin + seconds);
  source.connect(shape).connect(gain);
  source.start(begin);
  source.stop(begin + seconds);
}
