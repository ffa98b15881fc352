// Renders /openapi.json and lets a reader try each operation. Text only ever becomes text nodes,
// so nothing that a model or a description says can become markup.

const VERBS = ["get", "post", "put", "delete"];

/** Makes an element; children are nodes or text. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value !== false && value != null) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Follows $ref as far as it goes. */
function resolve(spec, node) {
  let at = node;
  for (let hops = 0; at && at.$ref && hops < 20; hops++) {
    at = at.$ref
      .slice(2)
      .split("/")
      .reduce((tree, part) => tree?.[part], spec);
  }
  return at ?? {};
}

/** The schema with every $ref replaced, for reading. */
function expand(spec, schema, depth = 0) {
  const node = resolve(spec, schema);
  if (depth > 8 || typeof node !== "object" || node === null) {
    return node;
  }
  if (Array.isArray(node)) {
    return node.map((item) => expand(spec, item, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, expand(spec, value, depth + 1)]),
  );
}

function operations(spec) {
  return Object.entries(spec.paths).flatMap(([path, item]) =>
    VERBS.filter((verb) => item[verb]).map((verb) => ({
      path,
      verb,
      ...item[verb],
      parameters: [...(item.parameters ?? []), ...(item[verb].parameters ?? [])].map((p) =>
        resolve(spec, p),
      ),
    })),
  );
}

function key() {
  return document.getElementById("key").value.trim();
}

function headers(operation, form) {
  const sent = new Headers();
  if (key()) {
    sent.set("authorization", `Bearer ${key()}`);
  }
  if (operation.requestBody) {
    sent.set("content-type", "application/json");
  }
  for (const parameter of operation.parameters.filter((p) => p.in === "header")) {
    const value = form.elements[parameter.name].value.trim();
    if (value) {
      sent.set(parameter.name, value);
    }
  }
  return sent;
}

function target(operation, form) {
  const query = new URLSearchParams();
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const value = form.elements[parameter.name]?.value.trim() ?? "";
    if (parameter.in === "path") {
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (parameter.in === "query" && value) {
      query.set(parameter.name, value);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

/** Shows a reply as it arrives; a stream grows while it is read. */
async function show(response, status, output) {
  const ok = response.ok;
  status.className = ok ? "good" : "bad";
  const took = response.headers.get("server-timing") ?? "";
  status.textContent = `${response.status} ${took} ${response.headers.get("x-request-id") ?? ""}`;
  const streamed = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    text += value;
    if (streamed) {
      output.textContent = text;
    }
  }
  output.textContent = streamed ? text : pretty(text);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function tryIt(operation) {
  const status = el("span", { role: "status" });
  const output = el("pre", { hidden: true });
  const button = el("button", { type: "submit" }, "Send");
  const fields = operation.parameters.map((parameter) =>
    el(
      "label",
      {},
      `${parameter.name}${parameter.required ? "" : " (optional)"}: ${parameter.description ?? ""}`,
      el("input", { name: parameter.name, required: Boolean(parameter.required), spellcheck: "false" }),
    ),
  );
  const example = operation.requestBody?.content["application/json"].example;
  const body = operation.requestBody
    ? el("textarea", { name: "body", spellcheck: "false", "aria-label": "Body" })
    : null;
  if (body) {
    body.value = JSON.stringify(example ?? {}, null, 2);
  }
  const form = el(
    "form",
    {
      onsubmit: async (event) => {
        event.preventDefault();
        button.disabled = true;
        output.hidden = false;
        output.textContent = "";
        try {
          const response = await fetch(target(operation, form), {
            method: operation.verb.toUpperCase(),
            headers: headers(operation, form),
            body: body ? body.value : undefined,
          });
          await show(response, status, output);
        } catch (error) {
          status.className = "bad";
          status.textContent = String(error);
        } finally {
          button.disabled = false;
        }
      },
    },
    ...fields,
    body,
    el("div", { class: "row" }, button, status),
  );
  if (operation.operationId === "callFunction") {
    form.elements.name.addEventListener("change", () => fillExample(form));
  }
  return el("details", {}, el("summary", {}, "Try it"), form, output);
}

/** Puts a function's own example into the body once its name is typed. */
async function fillExample(form) {
  const name = form.elements.name.value.trim();
  const response = await fetch(`/v1/functions/${encodeURIComponent(name)}`, {
    headers: key() ? { authorization: `Bearer ${key()}` } : {},
  });
  if (response.ok) {
    const { data } = await response.json();
    if (data.example) {
      form.elements.body.value = JSON.stringify({ input: data.example }, null, 2);
    }
  }
}

function schemas(spec, operation) {
  const parts = [];
  const request = operation.requestBody?.content["application/json"].schema;
  if (request) {
    parts.push(["Request body", request]);
  }
  const reply = resolve(spec, operation.responses["200"]).content?.["application/json"]?.schema;
  if (reply) {
    parts.push(["Reply", reply]);
  }
  return parts.map(([title, schema]) =>
    el(
      "details",
      {},
      el("summary", {}, title),
      el("pre", {}, JSON.stringify(expand(spec, schema), null, 2)),
    ),
  );
}

function paragraphs(text) {
  return (text ?? "")
    .split(/\n\n+/)
    .filter((part) => part.trim())
    .map((part) => el("p", {}, part.trim()));
}

function render(spec) {
  const main = document.getElementById("operations");
  const contents = document.getElementById("contents");
  main.replaceChildren(...paragraphs(spec.info.description));
  for (const tag of spec.tags) {
    const mine = operations(spec).filter((operation) => operation.tags.includes(tag.name));
    contents.append(el("h2", {}, tag.name));
    main.append(el("h2", {}, tag.name), ...paragraphs(tag.description));
    for (const operation of mine) {
      contents.append(
        el(
          "a",
          { href: `#${operation.operationId}` },
          `${operation.verb.toUpperCase()} ${operation.path}`,
        ),
      );
      main.append(
        el(
          "section",
          { id: operation.operationId },
          el(
            "h3",
            {},
            el("span", { class: "verb" }, operation.verb.toUpperCase()),
            " ",
            el("code", {}, operation.path),
          ),
          el("p", {}, operation.summary),
          ...paragraphs(operation.description),
          ...schemas(spec, operation),
          tryIt(operation),
        ),
      );
    }
  }
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  render(await (await fetch("/openapi.json")).json());
} catch (error) {
  document.getElementById("operations").textContent = `The description cannot be shown: ${error}`;
}
