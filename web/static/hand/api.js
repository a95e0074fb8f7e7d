// Talking to the back office. A NoAnswer means: try again later; a Refused: it will never work like that.

export class NoAnswer extends Error {}
export class SignedOut extends NoAnswer {}
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || String(status));
    this.status = status;
    this.problem = problem;
  }
}

const SECONDS = 30;
let csrf = "";

async function ask(method, path, { json, bytes, seconds = SECONDS } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (json) headers["Content-Type"] = "application/json";
  if (bytes) headers["Content-Type"] = "application/octet-stream";
  let answer, body;
  try {
    const signal = AbortSignal.timeout(seconds * 1000);
    answer = await fetch(`/api/v1/field${path}`, { method, headers, signal, body: json ? JSON.stringify(json) : bytes, cache: "no-store" });
    body = await answer.json();
  } catch (error) {
    throw new NoAnswer(String(error));
  }
  if (answer.ok) return body;
  if (answer.status === 401 || body.title === "foreign_request") throw new SignedOut(body.detail);
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new NoAnswer(body.detail);
  throw new Refused(answer.status, body);
}

/** Return who is signed in here, and take the token that writing needs. */
export async function me() {
  const found = await ask("GET", "/me");
  csrf = found.csrf_token;
  return found;
}

export const tasks = () => ask("GET", "/tasks");
export const act = (action) => ask("POST", "/actions", { json: { ...action, sent_at: new Date().toISOString() } });
export const announce = (upload) => ask("POST", "/uploads", { json: { ...upload, sent_at: new Date().toISOString() } });
export const piece = (key, offset, bytes) => ask("PUT", `/uploads/${key}/${offset}`, { bytes, seconds: 90 });
export const number = (orderId) => ask("POST", `/tasks/${orderId}/number`);
