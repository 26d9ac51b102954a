// A session that ends under an open page: one dialog over it, and then what was interrupted goes on.

let interrupted = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status !== 401 || requestConfig.elt.closest("#sign_in")) {
    return;
  }
  if (document.querySelector("#sign_in[open]")) {
    event.detail.shouldSwap = false; // somebody is typing a password there
    return;
  }
  interrupted = xhr.getResponseHeader("X-Nothing-Was-Done") ? requestConfig : null;
});

document.addEventListener("signed-in", (event) => {
  adopt(event.detail.token);
  const request = interrupted;
  interrupted = null;
  if (request?.elt.isConnected) {
    window.htmx.ajax(request.verb, request.path, {
      source: request.elt,
      target: request.target,
      values: fields(request.formData, event.detail.token),
    });
  }
});

// The token against forged requests may have changed; every form of the page was drawn with the old one.
function adopt(token) {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
}

function fields(data, token) {
  const names = new Set(data.keys());
  const values = Object.fromEntries([...names].map((name) => [name, data.getAll(name)]));
  return names.has("csrfmiddlewaretoken") ? { ...values, csrfmiddlewaretoken: token } : values;
}
