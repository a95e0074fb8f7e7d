// Sends a list as it is, with progress; the page itself shows how far the loading is.
for (const form of document.querySelectorAll("[data-list-upload]")) {
  const [input, bar, error] = ["input", "progress", ".error"].map((one) => form.querySelector(one));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = input.files[0];
    if (!file) return;
    const request = new XMLHttpRequest();
    request.open("POST", `${form.dataset.listUpload}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (step) => { bar.value = (100 * step.loaded) / step.total; };
    request.onload = () => {
      if (request.status < 300) location.reload();
      else fail(request.responseText);
    };
    request.onerror = () => fail("");
    const fail = (text) => {
      const told = new DOMParser().parseFromString(text, "text/html").querySelector("h1, p, .notice");
      error.textContent = (told && told.textContent.trim()) || form.dataset.failed;
      bar.hidden = true;
    };
    error.textContent = "";
    bar.hidden = false;
    request.send(file);
  });
}
