// Microphone and speaker: which ones, kept in this browser, and a sound test.

const KINDS = ["audioinput", "audiooutput"];
const TEST_SECONDS = 3;
const chosen = (kind) => localStorage.getItem(`phone-${kind}`) || "";

// Fill the lists and keep to what was chosen. Names are only told once the microphone is allowed.
export async function devices(box) {
  const audio = document.querySelector("[data-remote]");
  const found = await navigator.mediaDevices.enumerateDevices();
  for (const kind of KINDS) {
    const list = box.querySelector(`[data-device=${kind}]`);
    if (kind === "audiooutput" && !audio.setSinkId) { list.closest("label").hidden = true; continue; }
    list.length = 1;
    for (const one of found) if (one.kind === kind && one.deviceId && one.deviceId !== "default") list.add(new Option(one.label || one.deviceId, one.deviceId));
    list.value = chosen(kind);
    if (list.selectedIndex < 0) list.selectedIndex = 0; // it was unplugged: the standard one
    list.onchange = () => { localStorage.setItem(`phone-${kind}`, list.value); if (kind === "audiooutput") speakOver(audio); };
  }
  await speakOver(audio);
  navigator.mediaDevices.ondevicechange = () => devices(box);
}

async function speakOver(audio) {
  await audio.setSinkId?.(chosen("audiooutput")).catch(() => {});
}

// Three seconds of the microphone, shown as they come, then played back.
export async function test(box) {
  const meter = box.querySelector("[data-meter]");
  const id = chosen("audioinput");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { ideal: id } } : true });
  const context = new AudioContext();
  const look = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(look);
  const wave = new Uint8Array(look.fftSize);
  const timer = setInterval(() => { look.getByteTimeDomainData(wave); meter.value = 100 * Math.max(...wave.map((value) => Math.abs(value - 128))) / 128; }, 60);
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = async () => {
    clearInterval(timer);
    meter.value = 0;
    for (const track of stream.getTracks()) track.stop();
    const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.start();
    source.onended = () => context.close();
  };
  recorder.start();
  setTimeout(() => recorder.stop(), TEST_SECONDS * 1000);
}
