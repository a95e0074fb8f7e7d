// The recorder of emergency announcements: microphone -> 8 kHz WAV made here -> POST /api/v1/announcements.
const form = document.getElementById("announce");
const part = (name) => form.querySelector(`[data-${name}]`);
const button = (name) => form.querySelector(`[data-do="${name}"]`);
let recorder = null, rendered = null, sound = null, ticking = 0;

function wrong(text) { part("wrong").textContent = text; part("wrong").hidden = !text; }

function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true); view.setUint32(28, 16000, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, index) => view.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

async function ready(blob) {
  const decoder = new AudioContext();
  const heard = await decoder.decodeAudioData(await blob.arrayBuffer());
  await decoder.close();
  const most = Number(form.dataset.most);
  if (heard.duration < 0.5) { wrong(form.dataset.tooShort); return; }
  const offline = new OfflineAudioContext(1, Math.ceil(Math.min(heard.duration, most) * 8000), 8000);
  const source = offline.createBufferSource();
  source.buffer = heard; source.connect(offline.destination); source.start();
  rendered = await offline.startRendering();
  sound = wav(rendered.getChannelData(0));
  button("play").disabled = button("send").disabled = false;
  wrong("");
}

function stop() { if (recorder?.state === "recording") recorder.stop(); }

button("record").addEventListener("click", async () => {
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { wrong(form.dataset.noMicrophone); return; }
  const pieces = [], began = Date.now();
  recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.addEventListener("stop", async () => {
    clearInterval(ticking);
    stream.getTracks().forEach((track) => track.stop());
    button("record").hidden = false; button("stop").hidden = true;
    await ready(new Blob(pieces, { type: recorder.mimeType })).catch((error) => wrong(String(error)));
  });
  recorder.start();
  button("record").hidden = true; button("stop").hidden = false; wrong("");
  ticking = setInterval(() => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    part("clock").textContent = seconds;
    if (seconds >= Number(form.dataset.most)) stop();
  }, 200);
});
button("stop").addEventListener("click", stop);
button("play").addEventListener("click", () => {
  const player = new AudioContext(), source = player.createBufferSource();
  source.buffer = rendered; source.connect(player.destination); source.start();
  source.addEventListener("ended", () => player.close());
});
part("file").addEventListener("change", (event) => {
  const file = event.target.files[0];
  if (file) ready(file).catch((error) => wrong(String(error)));
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!sound) return;
  const query = new URLSearchParams({ title: form.elements.title.value, district: form.elements.district.value });
  query.set("ends_at", `${form.elements.ends_at.value}:00${form.dataset.offset}`); // the site's time, wherever the browser is
  button("send").disabled = true;
  const answer = await fetch(`/api/v1/announcements?${query}`, {
    method: "POST", body: sound,
    headers: { "Content-Type": "audio/wav", "X-CSRF-Token": document.body.dataset.csrf, "Accept-Language": document.documentElement.lang },
  });
  if (answer.ok) { location.reload(); return; }
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  wrong(problem.errors?.[0]?.remedy || problem.detail);
  button("send").disabled = false;
});
