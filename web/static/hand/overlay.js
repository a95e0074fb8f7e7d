// A task as the person sees it: what the server said last, with what was done here since and waits to be sent.

const REACHED = { acknowledge: "acknowledged", start: "in_progress", finish: "handled", return: "accepted" };
const STEPS = ["dispatched", "acknowledged", "in_progress", "handled"];

/** Return the task with the waiting items of the queue applied. */
export function shown(task, items) {
  const seen = { ...task, waiting: 0, photos: { before: 0, during: 0, after: 0 }, signed: false, local: [], materials: [...task.materials] };
  for (const one of task.evidence) count(seen, one);
  for (const item of items) {
    if (item.order_id !== task.id || item.state !== "waiting") continue;
    seen.waiting += 1;
    if (item.upload) {
      seen.local.push(item.upload);
      count(seen, item.upload);
    } else apply(seen, item.action);
  }
  seen.step = Math.max(0, STEPS.indexOf(seen.status));
  return seen;
}

function count(seen, { kind, phase }) {
  if (kind === "signature") seen.signed = true;
  else if (kind === "photo") seen.photos[phase] += 1;
}

function apply(seen, action) {
  if (REACHED[action.kind]) seen.status = REACHED[action.kind];
  if (action.kind === "suspend") seen.suspended = action.reason;
  if (action.kind === "resume") seen.suspended = "";
  if (action.kind === "materials") seen.materials.push(...action.materials);
}

/** Return the parts of the crew's stores with what is left there once everything kept here has been sent. */
export function leftInStores(parts, items) {
  const used = items.filter((item) => item.state === "waiting").flatMap((item) => item.action?.materials ?? []);
  const of = (part) => used.filter((one) => one.part === part.code && one.store === part.store);
  return (parts ?? []).map((part) => ({ ...part, quantity: of(part).reduce((left, one) => left - Number(one.quantity), part.quantity) }));
}

/** Return which demanded photos are missing: "before", "after". */
export function missing(seen) {
  return ["before", "after"].filter((phase) => seen[`photo_${phase}`] && !seen.photos[phase]);
}

/** Return the next step of a task: acknowledge, start, finish, resume or nothing. */
export function nextStep(seen) {
  if (seen.suspended) return "resume";
  return { dispatched: "acknowledge", accepted: "start", acknowledged: "start", in_progress: "finish" }[seen.status] ?? "";
}
